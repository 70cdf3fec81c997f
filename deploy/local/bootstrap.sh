#!/usr/bin/env bash
# From a clone and any Node with npm (20 or later) to a command that runs on the pinned Node with everything built.
# bootstrap.sh up|down|status|logs|reset|test [options]: what is there already is left as it is.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
command=${1:-}
[ $# -eq 0 ] || shift

install_packages() {
  if ! node deploy/local/packages-installed.mjs; then
    echo "installing npm packages …" >&2
    # Not `npm ci`: it refuses a lock file that lacks other platforms' optional packages. The versions and digests are the lock's all the same.
    npm install --no-save --include=dev --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null >&2
  fi
}

# One at a time, so that two commands at once do not install over each other; the lock ends with the subshell.
prepare() (
  flock 9
  install_packages
  export PATH="$PWD/node_modules/.bin:$PATH"
  node deploy/local/install.ts </dev/null >&2
  node proto/generate.ts --if-changed </dev/null >&2
  node libs/pkcs11/build.ts </dev/null >&2
) 9<deploy/local/bootstrap.sh

case "$command" in
  up | test) prepare ;;
  # What has never been up has nothing installed and nothing to show.
  *) [ -x node_modules/.bin/node ] || prepare ;;
esac

export PATH="$PWD/node_modules/.bin:$PATH"
export NODE_OPTIONS="--disable-warning=ExperimentalWarning ${NODE_OPTIONS:-}"
if [ "$command" = test ]; then exec node test/run.ts "$@"; fi
exec node deploy/local/main.ts "$command" "$@"
