import { expect, test } from '@jest/globals';
import { PYTHON_MS, runPythonTests, writtenPythonTests } from '../fixtures/python.ts';

test(
  'the AWS Encryption SDKs for Python and JavaScript, unchanged, open what either sealed, until the key is disabled',
  async () => {
    const { passed, failures } = await runPythonTests('encryption-sdk');
    expect(failures).toBe('');
    expect(passed.toSorted()).toEqual(writtenPythonTests('encryption-sdk').toSorted());
  },
  PYTHON_MS,
);
