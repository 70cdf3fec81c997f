import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../config.ts';
import { folderInPath, required } from '../programs.ts';
import { pipInstall } from './fetch-python-packages.ts';

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
    await pipInstall(python, target, `awscli==${AWS_CLI_VERSION}`);
  }
  return { program: python, args: ['-m', 'awscli'], env: { PYTHONPATH: target } };
}
