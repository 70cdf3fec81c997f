import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeTestPki } from '../../test/test-pki.ts';
import { silentLogger } from '../log/logger.ts';
import { openTlsIdentity } from './tls-identity.ts';
import type { TestTlsFiles } from '../../test/test-pki.ts';
import type { TlsIdentity, TlsMaterial } from './tls-identity.ts';

let folder: string;
let first: TestTlsFiles;
let second: TestTlsFiles;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trent-tls-'));
  const pki = await makeTestPki();
  first = await pki.write(folder, 'first', 'spiffe://trent/service/policy');
  second = await pki.write(folder, 'second', 'spiffe://trent/service/policy');
});
afterAll(() => rmSync(folder, { recursive: true }));

function opened(): { identity: TlsIdentity; files: TestTlsFiles; seen: TlsMaterial[] } {
  const files = { cert: join(folder, 'live.crt'), key: join(folder, 'live.key'), ca: first.ca };
  copyFileSync(first.cert, files.cert);
  copyFileSync(first.key, files.key);
  const identity = openTlsIdentity(files, { trustDomain: 'trent', log: silentLogger() });
  const seen: TlsMaterial[] = [];
  identity.onChange((material) => seen.push(material));
  return { identity, files, seen };
}

describe('a certificate that is read again', () => {
  test('files that stay give nothing new', () => {
    const { identity, seen } = opened();
    expect(identity.reload()).toBe(false);
    expect(seen).toEqual([]);
    identity.close();
  });

  test('a new pair is taken and told', () => {
    const { identity, files, seen } = opened();
    const before = identity.current().cert;
    copyFileSync(second.cert, files.cert);
    copyFileSync(second.key, files.key);
    expect(identity.reload()).toBe(true);
    expect(seen).toHaveLength(1);
    expect(identity.current().cert.equals(before)).toBe(false);
    identity.close();
  });

  test('a certificate whose key has not arrived yet changes nothing until it has', () => {
    const { identity, files, seen } = opened();
    copyFileSync(second.cert, files.cert);
    expect(identity.reload()).toBe(false);
    copyFileSync(second.key, files.key);
    expect(identity.reload()).toBe(true);
    expect(seen).toHaveLength(1);
    identity.close();
  });

  test('a file that is gone or broken leaves the last good pair', () => {
    const { identity, files } = opened();
    const before = identity.current();
    writeFileSync(files.cert, 'no certificate');
    expect(identity.reload()).toBe(false);
    rmSync(files.cert);
    expect(identity.reload()).toBe(false);
    expect(identity.current()).toBe(before);
    identity.close();
  });

  test('its end is known', () => {
    const { identity } = opened();
    expect(identity.expiresAt() - Date.now()).toBeGreaterThan(6 * 86_400_000);
    identity.close();
  });

  test('files that are missing at the start stop it', () => {
    const files = { cert: join(folder, 'none'), key: first.key, ca: first.ca };
    expect(() => openTlsIdentity(files, { trustDomain: 'trent', log: silentLogger() })).toThrow(/ENOENT/);
  });
});
