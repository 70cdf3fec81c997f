import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../..');
const NX = '@nx/enforce-module-boundaries';

/** One planted violation a row of the table in eslint.config.mjs: an existing file, and what it must not import. */
const planted: readonly { name: string; file: string; code: string; rule: string }[] = [
  {
    name: 'a lib may not import a service',
    file: 'libs/errors/src/index.ts',
    code: `export * from '../../../services/gateway/src/main.ts';`,
    rule: NX,
  },
  { name: 'a lib may not import a tool', file: 'libs/errors/src/index.ts', code: `export * from '@trent/local-cluster';`, rule: NX },
  { name: 'the contract imports nothing of ours', file: 'libs/contracts/src/index.ts', code: `export * from '@trent/errors';`, rule: NX },
  { name: 'pure knows no contract', file: 'libs/permit/src/index.ts', code: `export * from '@trent/contracts';`, rule: NX },
  { name: 'cipher knows no wire', file: 'libs/ciphertext/src/index.ts', code: `export * from '@trent/bootstrap';`, rule: NX },
  { name: 'wire knows no SQL', file: 'libs/feed/src/index.ts', code: `export * from '@trent/postgres';`, rule: NX },
  { name: 'SQL knows no HSM', file: 'libs/postgres/src/index.ts', code: `export * from '@trent/pkcs11';`, rule: NX },
  { name: 'HSM knows no SQL', file: 'libs/pkcs11/src/index.ts', code: `export * from '@trent/postgres';`, rule: NX },
  { name: 'gateway knows no SQL', file: 'services/gateway/src/main.ts', code: `export * from '@trent/postgres';`, rule: NX },
  { name: 'gateway knows no HSM', file: 'services/gateway/src/main.ts', code: `export * from '@trent/pkcs11';`, rule: NX },
  { name: 'policy knows no ciphertext', file: 'services/policy/src/main.ts', code: `export * from '@trent/ciphertext';`, rule: NX },
  { name: 'key-metadata knows no HSM', file: 'services/key-metadata/src/main.ts', code: `export * from '@trent/pkcs11';`, rule: NX },
  {
    name: 'audit-ingest knows no ciphertext',
    file: 'services/audit-ingest/src/main.ts',
    code: `export * from '@trent/ciphertext';`,
    rule: NX,
  },
  { name: 'crypto-worker knows no SQL', file: 'services/crypto-worker/src/main.ts', code: `export * from '@trent/postgres';`, rule: NX },
  {
    name: 'crypto-worker knows no policies',
    file: 'services/crypto-worker/src/main.ts',
    code: `export * from '@trent/policy-evaluator';`,
    rule: NX,
  },
  {
    name: 'a tool may not import a service',
    file: 'libs/cli/src/main.ts',
    code: `export * from '../../../services/policy/src/main.ts';`,
    rule: NX,
  },
  { name: 'pure does no I/O', file: 'libs/permit/src/index.ts', code: `export * from 'node:fs';`, rule: 'no-restricted-imports' },
  { name: 'pure has no clock', file: 'libs/permit/src/index.ts', code: `export const now = Date.now();`, rule: 'no-restricted-properties' },
  {
    name: 'key-metadata sees no secret',
    file: 'services/key-metadata/src/main.ts',
    code: `export * from '@trent/secret-bytes/reveal';`,
    rule: 'no-restricted-imports',
  },
  {
    name: 'the environment is read in config.ts',
    file: 'services/gateway/src/handle-request.ts',
    code: `export const e = process.env;`,
    rule: 'no-restricted-properties',
  },
];

describe('each row of the boundary table bites', () => {
  let found: string[][] = [];
  beforeAll(() => {
    const env = { ...process.env, NX_DAEMON: 'false' };
    execFileSync('npx', ['nx', 'show', 'projects'], { cwd: root, env, stdio: 'ignore' }); // fills the project graph that the rule reads
    const input = JSON.stringify(planted.map(({ file, code }) => ({ file: join(root, file), code })));
    found = JSON.parse(
      execFileSync(process.execPath, [join(import.meta.dirname, 'lint-planted.ts')], { cwd: root, env, input }).toString(),
    ) as string[][];
  }, 120_000);

  test.each(planted.map((row, index) => [row.name, row.rule, index] as const))('%s', (_name, rule, index) => {
    expect(found[index]).toContain(rule);
  });
});
