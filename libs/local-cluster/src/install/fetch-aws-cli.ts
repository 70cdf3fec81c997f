import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../config.ts';
import { folderInPath, required } from '../programs.ts';

const run = promisify(execFile);

/** Released with botocore of the same day; its own dependencies are pinned by it. */
const AWS_CLI_VERSION = '1.46.3';

/** How to run the AWS CLI. */
export interface AwsCli {
  readonly program: string;
  /** Arguments before the user's own. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** The AWS CLI of this machine, or one from PyPI that is kept in the cache folder. Tests alone need it: `up` does not install it. */
export async function fetchAwsCli(say: (line: string) => void = () => undefined): Promise<AwsCli> {
  const own = folderInPath('aws');
  if (own !== undefined) return { program: join(own, 'aws'), args: [], env: {} };
  const python = join(required('python3', folderInPath('python3')), 'python3');
  const target = join(cacheFolder(), `awscli-${AWS_CLI_VERSION}`);
  if (!existsSync(target)) {
    say(`fetching the AWS CLI ${AWS_CLI_VERSION} …`);
    await install(python, target);
  }
  return { program: python, args: ['-m', 'awscli'], env: { PYTHONPATH: target } };
}

/** pip writes beside the target, which appears whole or not at all. */
async function install(python: string, target: string): Promise<void> {
  mkdirSync(dirname(target), { recursive: true });
  const work = mkdtempSync(`${target}.`);
  try {
    const options = ['--quiet', '--no-input', '--disable-pip-version-check', '--root-user-action=ignore', '--ignore-installed'];
    await run(python, ['-m', 'pip', 'install', ...options, '--target', join(work, 'packages'), `awscli==${AWS_CLI_VERSION}`]);
    renameSync(join(work, 'packages'), target);
  } catch (error) {
    if (!existsSync(target)) throw error; // another process was first
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
