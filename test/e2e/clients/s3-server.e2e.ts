import { expect, test } from '@jest/globals';
import { firstAccount, testCluster } from '../fixtures/cluster.ts';
import { PYTHON_MS, runPythonTests, writtenPythonTests } from '../fixtures/python.ts';
import { startS3Server } from '../fixtures/s3-server.ts';
import { aService } from '../fixtures/services.ts';

test(
  'objects of an S3 server, unchanged, are sealed under keys of Trent, by the server or before they reach it',
  async () => {
    const storage = await aService(firstAccount(testCluster()), 's3');
    await using server = await startS3Server(storage.account);
    const { passed, failures } = await runPythonTests('s3-server', server.env);
    expect(failures).toBe('');
    expect(passed.toSorted()).toEqual(writtenPythonTests('s3-server').toSorted());
  },
  PYTHON_MS,
);
