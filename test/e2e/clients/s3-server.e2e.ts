import { expect, test } from '@jest/globals';
import { PYTHON_MS, runPythonTests, writtenPythonTests } from '../fixtures/python.ts';
import { startS3Server } from '../fixtures/s3-server.ts';

test(
  'an S3 server, unchanged, seals objects under keys of Trent and opens them only while the key is enabled',
  async () => {
    await using server = await startS3Server();
    const { passed, failures } = await runPythonTests('s3-server', server.env);
    expect(failures).toBe('');
    expect(passed.toSorted()).toEqual(writtenPythonTests('s3-server').toSorted());
  },
  PYTHON_MS,
);
