import { expect, test } from '@jest/globals';
import { PYTHON_MS, runPythonTests, writtenPythonTests } from '../fixtures/python.ts';

test(
  'boto3, unchanged, finds keys, cryptography, imports, IAM, STS, grants and the trail as AWS has them',
  async () => {
    const { passed, failures } = await runPythonTests('boto3');
    expect(failures).toBe('');
    expect(passed.toSorted()).toEqual(writtenPythonTests('boto3').toSorted());
  },
  PYTHON_MS,
);
