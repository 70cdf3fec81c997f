import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { operations } from '@trent/contracts';
import { fetchAwsCli, writeEnvFile, type AwsCli } from '@trent/local-cluster';
import { anotherAccount, testCluster } from '../fixtures/cluster.ts';

const ROOT = join(import.meta.dirname, '../../..');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const SLOW_MS = 120_000;

/** The code that stands in the README, by its language, in order. */
function samples(language: string): string[] {
  return [...README.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map((match) => match[1] ?? '');
}

let folder = '';
let env: Record<string, string>;
let cli: AwsCli;
beforeAll(async () => {
  const cluster = testCluster();
  const { accountId, accessKeyId, secretAccessKey } = await anotherAccount(cluster);
  env = { ...cluster.env, TRENT_ACCOUNT_ID: accountId, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
  cli = await fetchAwsCli();
  folder = mkdtempSync(join(tmpdir(), 'trent-readme-'));
  mkdirSync(join(folder, '.trent'));
  writeEnvFile(join(folder, '.trent', 'env'), env);
}, SLOW_MS);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Runs a program to its end. @returns what it printed @throws Error with what it complained of */
function run(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, options, (error, out, complaint) => {
      if (error === null) resolve(out);
      else reject(new Error(`${program}: ${complaint}`));
    });
  });
}

describe('the code in the README', () => {
  test(
    'five minutes with the AWS CLI: a key, an alias, a secret that comes back, and its record',
    async () => {
      const tour = samples('sh').find((sample) => sample.includes('. .trent/env')) ?? '';
      const aws = `aws() { ${[cli.program, ...cli.args].map((word) => `'${word}'`).join(' ')} "$@"; }`;
      const environment = { PATH: process.env['PATH'], HOME: folder, AWS_PAGER: '', ...cli.env };
      const printed = await run('bash', ['-euo', 'pipefail', '-c', `${aws}\n${tour}`], { cwd: folder, env: environment });
      expect(printed).toContain('attack at dawn');
      expect(readFileSync(join(folder, 'secret.bin')).includes('attack')).toBe(false);
    },
    SLOW_MS,
  );

  test(
    'the AWS SDK for JavaScript encrypts under that alias',
    async () => {
      const [sample = ''] = samples('ts');
      const code = `${sample}\nconsole.log(CiphertextBlob.length)`;
      const environment = { PATH: process.env['PATH'], HOME: folder, ...env };
      const printed = await run(process.execPath, ['--input-type=module-typescript', '--eval', code], { cwd: ROOT, env: environment });
      expect(Number(printed)).toBeGreaterThan(32);
    },
    SLOW_MS,
  );

  test('grpcurl names a method of the contract, and members of its request', () => {
    const line = samples('sh').find((sample) => sample.includes('grpcurl')) ?? '';
    const [, rpc = ''] = /trent\.kms\.v1\.KmsService\/(\w+)/.exec(line) ?? [];
    const operation = operations.get(`kms.${rpc}`)!;
    const members = JSON.parse(/-d '([^']+)'/.exec(line)?.[1] ?? '') as Record<string, unknown>;
    expect(operation.request.fields.map(({ jsonName }) => jsonName)).toEqual(expect.arrayContaining(Object.keys(members)));
  });
});
