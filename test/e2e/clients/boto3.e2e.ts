import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { PYTHON_MS, runPythonTests } from '../fixtures/python.ts';

const folder = join(import.meta.dirname, 'boto3');

/** Names of the tests that stand in the folder's files. */
const written = readdirSync(folder)
  .filter((name) => name.startsWith('test_'))
  .flatMap((name) => [...readFileSync(join(folder, name), 'utf8').matchAll(/^ {4}def test_(\w+)\(/gm)])
  .map(([, name = '']) => name.replaceAll('_', ' '));

test(
  'boto3, unchanged, finds keys, cryptography, imports, IAM, STS, grants and the trail as AWS has them',
  async () => {
    const { passed, failures } = await runPythonTests('boto3');
    expect(failures).toBe('');
    expect(passed.toSorted()).toEqual(written.toSorted());
  },
  PYTHON_MS,
);
