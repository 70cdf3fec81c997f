import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { childEnvironment } from '../config.ts';
import { softoknFolder, softoknModulePath } from '../programs.ts';

const run = promisify(execFile);

/** Debian's releases that have an NSS with ML-DSA and ML-KEM (3.131 and newer), the steadier one first. */
const SUITES = ['testing', 'unstable'] as const;
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * Fetches NSS's PKCS#11 module of a Debian newer than this machine's, once, from the mirror that apt uses here and checked by apt against Debian's
 * keys. Nothing is installed: the package is unpacked into the cache folder, its few libraries need no newer C library. Safe to call from several
 * processes at once. @returns the module's path
 */
export async function fetchSoftokn(say: (line: string) => void = () => undefined): Promise<string> {
  const target = softoknModulePath();
  if (existsSync(target)) return target;
  const mirror = await debianMirror();
  const folder = softoknFolder();
  mkdirSync(dirname(folder), { recursive: true });
  const work = mkdtempSync(`${folder}.`);
  try {
    for (const suite of SUITES) {
      say(`fetching NSS softokn, a PKCS#11 module with Ed25519, ML-DSA and ML-KEM, from Debian ${suite} …`);
      const libraries = await unpack(join(work, suite), mirror, suite).catch((error: unknown) => lastSuite(suite, error));
      if (libraries === undefined) continue;
      // Another process may have been quicker; its folder is as good.
      if (!existsSync(target)) renameSync(libraries, folder);
      return target;
    }
    throw new Error('no Debian suite has an NSS');
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function lastSuite(suite: string, cause: unknown): undefined {
  if (suite !== SUITES.at(-1)) return undefined;
  throw new Error('NSS could not be fetched from a newer Debian', { cause });
}

/** The mirror of Debian itself that this machine's apt uses. */
async function debianMirror(): Promise<string> {
  const format = '$(ORIGIN)|$(LABEL)|$(REPO_URI)';
  const { stdout } = await run('apt-get', ['indextargets', '--format', format, 'Identifier: Packages'], { env: childEnvironment() });
  const row = stdout.split('\n').find((line) => line.startsWith('Debian|Debian|'));
  if (row === undefined) throw new Error('apt knows no mirror of Debian on this machine: run apt-get update');
  return row.split('|')[2] ?? '';
}

/** apt with lists and cache of its own, so that this machine's are not touched. */
async function unpack(work: string, mirror: string, suite: string): Promise<string> {
  for (const folder of ['lists/partial', 'archives/partial', 'unpacked']) mkdirSync(join(work, folder), { recursive: true });
  const sources = join(work, 'sources.list');
  writeFileSync(sources, `deb [signed-by=${KEYRING}] ${mirror} ${suite} main\n`);
  const settings = {
    'Dir::Etc::sourcelist': sources,
    'Dir::Etc::sourceparts': '-',
    'Dir::State::lists': join(work, 'lists'),
    'Dir::Cache': work,
    'Acquire::Languages': 'none',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled': 'false',
    'APT::Sandbox::User': 'root',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  const apt = (...args: string[]) => run('apt-get', [...options, '-q', ...args], { cwd: work, env: childEnvironment() });
  await apt('update');
  await apt('download', 'libnss3');
  const archive = readdirSync(work).find((name) => name.startsWith('libnss3_'));
  if (archive === undefined) throw new Error('apt-get fetched no libnss3');
  await run('dpkg-deb', ['-x', join(work, archive), join(work, 'unpacked')]);
  const base = join(work, 'unpacked', 'usr', 'lib');
  return join(base, readdirSync(base)[0] ?? '');
}

// As a program: for who may not import this library, as the one below it. Prints the path.
if (import.meta.main) process.stdout.write(await fetchSoftokn());
