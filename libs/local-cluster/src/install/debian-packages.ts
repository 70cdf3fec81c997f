import { execFile } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { childEnvironment } from '../config.ts';
import { folderInPath, natsServerPath, postgresBinFolder, redisServerPath, softHsmModulePath, softHsmUtilPath } from '../programs.ts';

const run = promisify(execFile);

/** A Debian package that a local cluster needs, and how to see that it is there (however it came). */
export interface DebianPackage {
  readonly name: string;
  readonly why: string;
  readonly isThere: () => boolean;
}

/** Everything of the system that the cluster is built and run with. */
export const DEBIAN_PACKAGES: readonly DebianPackage[] = [
  { name: 'postgresql', why: 'the database', isThere: () => postgresBinFolder() !== undefined },
  { name: 'redis-server', why: 'the quota slices', isThere: () => redisServerPath() !== undefined },
  { name: 'softhsm2', why: 'the development HSM', isThere: () => softHsmModulePath() !== undefined && softHsmUtilPath() !== undefined },
  { name: 'gcc', why: 'the PKCS#11 binding', isThere: () => folderInPath('gcc') !== undefined },
  { name: 'libc6-dev', why: 'the PKCS#11 binding', isThere: () => existsSync('/usr/include/stdio.h') },
  { name: 'libp11-kit-dev', why: 'the PKCS#11 binding', isThere: () => existsSync('/usr/include/p11-kit-1/p11-kit/pkcs11.h') },
  { name: 'util-linux', why: 'children that end with their parent', isThere: () => existsSync('/usr/bin/setpriv') },
  { name: 'python3-pip', why: 'nats-server, which is fetched as a wheel', isThere: () => existsSync(natsServerPath()) || hasPip() },
];

function hasPip(): boolean {
  const folder = folderInPath('python3');
  return folder !== undefined && (folderInPath('pip') === folder || existsSync('/usr/lib/python3/dist-packages/pip'));
}

/** Waits for another apt-get that is at work. */
const APT_OPTIONS = ['-y', '-q', '--no-install-recommends', '-o', 'Dpkg::Use-Pty=0', '-o', 'DPkg::Lock::Timeout=120'];
const APT_ENVIRONMENT = { DEBIAN_FRONTEND: 'noninteractive' };

/**
 * Installs through apt-get what is missing, and only that. None of it is left running or set to run at boot.
 * @throws Error one line with the command to run, when we are not root or this is no Debian; or with apt-get's last words
 */
export async function installDebianPackages(say: (line: string) => void): Promise<void> {
  const missing = DEBIAN_PACKAGES.filter(({ isThere }) => !isThere());
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name);
  if (folderInPath('apt-get') === undefined) throw new Error(`missing: ${names.join(', ')} (Debian's names); install them and try again`);
  if (process.getuid?.() !== 0)
    throw new Error(`missing packages; run: sudo apt-get install -y --no-install-recommends ${names.join(' ')}`);
  say(`installing Debian packages: ${missing.map(({ name, why }) => `${name} (${why})`).join(', ')} …`);
  await apt('update', '-q');
  const restore = holdServicesBack();
  try {
    if (names.includes('postgresql')) await withoutMainCluster();
    await apt('install', ...APT_OPTIONS, ...names);
    if (names.includes('redis-server')) await notAtBoot('redis-server');
  } finally {
    restore();
  }
  const still = DEBIAN_PACKAGES.filter(({ isThere }) => !isThere()).map(({ name }) => name);
  if (still.length > 0) throw new Error(`apt-get installed ${still.join(', ')}, but what they should bring is not there`);
}

async function apt(...args: string[]): Promise<void> {
  try {
    await run('apt-get', args, { env: { ...childEnvironment(), ...APT_ENVIRONMENT }, maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    const words =
      String((error as { stderr?: string }).stderr ?? error)
        .trim()
        .split('\n')
        .at(-1) ?? '';
    throw new Error(`apt-get ${args[0] ?? ''} failed: ${words}`, { cause: error });
  }
}

/** Debian's package would make and start a cluster on port 5432: told not to, unless the user has his own Postgres settings already. */
async function withoutMainCluster(): Promise<void> {
  const settings = '/etc/postgresql-common/createcluster.conf';
  if (existsSync(settings)) return;
  await apt('install', ...APT_OPTIONS, 'postgresql-common');
  const text = existsSync(settings) ? readFileSync(settings, 'utf8') : '';
  writeFileSync(settings, `${text.replace(/^#?\s*create_main_cluster\s*=.*$/m, '')}\ncreate_main_cluster = false\n`);
}

/** invoke-rc.d(8): a policy that says 101 keeps packages from starting what they install. An existing policy is left alone. */
function holdServicesBack(): () => void {
  const policy = '/usr/sbin/policy-rc.d';
  if (existsSync(policy)) return () => undefined;
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  return () => {
    rmSync(policy, { force: true });
  };
}

async function notAtBoot(service: string): Promise<void> {
  const systemctl = folderInPath('systemctl');
  if (systemctl === undefined || !existsSync('/run/systemd/system')) return;
  await run(join(systemctl, 'systemctl'), ['disable', `${service}.service`], { env: childEnvironment() });
}
