import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root: every path of the local cluster starts here. */
export const repositoryRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

/** The environment every child gets: nothing of the caller's but where programs are, and a fixed locale. */
export function childEnvironment(): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' };
}

/** Variables that a developer sets for `up` and that reach every service: named tracers, log level, OpenTelemetry. */
export function passedThrough(): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && (name.startsWith('OTEL_') || name === 'TRENT_TRACE' || name === 'TRENT_LOG_LEVEL')) passed[name] = value;
  }
  return passed;
}

/** Variables that an operator sets for `up` about external key stores: which proxies there may be (docs/key-stores.md). */
export function xksVariables(): Record<string, string> {
  const entries = Object.entries(process.env).filter(([name]) => name.startsWith('TRENT_XKS_'));
  return Object.fromEntries(entries.map(([name, value]) => [name, value ?? '']));
}

/** Where fetched programs are kept: `$XDG_CACHE_HOME/trent`, else inside node_modules, which no commit sees. */
export function cacheFolder(): string {
  const base = process.env['XDG_CACHE_HOME'];
  return base !== undefined && base !== '' ? join(base, 'trent') : join(repositoryRoot, 'node_modules', '.cache', 'trent');
}
