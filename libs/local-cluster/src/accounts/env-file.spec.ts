import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { accountVariables, readEnvFile, writeEnvFile } from './env-file.ts';

describe('an env file', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'trent-env-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const variables = accountVariables({
    endpointUrl: 'https://127.0.0.1:4566',
    region: 'us-east-1',
    accountId: '111122223333',
    accessKeyId: 'AKIAEXAMPLE',
    secretAccessKey: "it's $HOME/+`x`",
    grpcTarget: '127.0.0.1:4567',
    edgeCa: '/a folder/edge-ca.crt',
    certificate: '/a folder/account.crt',
    key: '/a folder/account.key',
  });

  test('exports exactly the variables that tools rely on', () => {
    expect(Object.keys(variables)).toEqual([
      'AWS_ENDPOINT_URL',
      'AWS_REGION',
      'AWS_DEFAULT_REGION',
      'AWS_ACCESS_KEY_ID',
      'AWS_SECRET_ACCESS_KEY',
      'AWS_CA_BUNDLE',
      'NODE_EXTRA_CA_CERTS',
      'TRENT_ACCOUNT_ID',
      'TRENT_GRPC_TARGET',
      'TRENT_CA',
      'TRENT_CERT',
      'TRENT_KEY',
    ]);
  });

  test('is for its owner alone, and a shell that reads it gets every value as it was', () => {
    const file = join(folder, 'env');
    writeEnvFile(file, variables);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const printed = execFileSync('/bin/sh', ['-c', `. ${file}; env -0`], { env: {} }).toString();
    const seen = Object.fromEntries(printed.split('\0').map((pair) => pair.split(/=(.*)/s).slice(0, 2) as [string, string]));
    expect(seen).toMatchObject(variables);
    expect(readEnvFile(file)).toEqual(variables);
  });
});
