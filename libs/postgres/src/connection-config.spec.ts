import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { connectionConfig } from './connection-config.ts';

const folder = mkdtempSync(join(tmpdir(), 'trent-postgres-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('connection settings', () => {
  test('a URL gives role, host, port and database', () => {
    const config = connectionConfig({ url: 'postgres://key_metadata@db.internal:6432/trent' });
    expect(config).toMatchObject({ host: 'db.internal', port: 6432, user: 'key_metadata', database: 'trent' });
    expect(config.ssl).toBeUndefined();
  });

  test('the password file is read anew for each connection, without its line end', async () => {
    const passwordFile = join(folder, 'password');
    const { password } = connectionConfig({ url: 'postgres://policy@localhost/trent', passwordFile });
    const read = password as () => Promise<string>;
    writeFileSync(passwordFile, 'first\n');
    expect(await read()).toBe('first');
    writeFileSync(passwordFile, 'second');
    expect(await read()).toBe('second');
  });

  test('a schema becomes the whole search path', () => {
    expect(connectionConfig({ url: 'postgres://a@b/c', schema: 'policy' }).options).toContain('-c search_path=policy');
  });

  test('TLS is verified in full or refused', () => {
    expect(connectionConfig({ url: 'postgres://a@b/c?sslmode=verify-full' }).ssl).toEqual({ rejectUnauthorized: true });
    expect(() => connectionConfig({ url: 'postgres://a@b/c?sslmode=require' })).toThrow('sslmode require is not served');
  });

  test('a URL of something else is refused', () => {
    expect(() => connectionConfig({ url: 'mysql://a@b/c' })).toThrow('not a postgres:// URL');
  });
});
