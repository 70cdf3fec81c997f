import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeExternal, encodeHeader } from '@trent/ciphertext';
import { issuePermit } from '@trent/permit';
import { describe, expect, test } from '@jest/globals';
import { showCertificate } from './show-certificate.ts';
import { showCiphertext } from './show-ciphertext.ts';
import { showPermit } from './show-permit.ts';
import { showCommand } from './show.ts';
import { ensureCertificates } from '@trent/local-cluster';

const HEADER = encodeHeader({
  version: 1,
  region: 'us-east-1',
  keyId: '1234abcd-12ab-34cd-56ef-1234567890ab',
  materialId: 'ab'.repeat(32),
  kdf: 1,
  nonce: Buffer.alloc(14, 1),
  iv: Buffer.from('0000000700112233aabbccdd', 'hex'),
});
const BLOB = Buffer.concat([HEADER, Buffer.alloc(32 + 5 + 16, 9)]);

describe('show ciphertext', () => {
  test('of an external key store prints what the key manager made of it', () => {
    const lines = showCiphertext(
      encodeExternal({
        region: 'eu-west-1',
        keyId: '1b2c3d4e-0000-4000-8000-00000000000a',
        materialId: 'ab'.repeat(32),
        iv: Buffer.alloc(12, 1),
        tag: Buffer.alloc(16, 2),
        metadata: Buffer.from('v=1'),
        ciphertext: Buffer.alloc(137, 3),
      }),
    );
    expect(lines.map((line) => line.trimStart().split(/ {2,}/).slice(0, 3).join(' '))).toEqual(
      expect.arrayContaining(['2 1 version', '4 17 key id', '54 9 region', '64 12 IV', '93 3 metadata', '96 137 ciphertext']),
    );
    expect(lines.at(-1)).toContain('well-formed: 233 bytes');
  });

  test('prints every field at its offset, to the last byte', () => {
    const lines = showCiphertext(BLOB);
    const rows = lines.slice(1, -1).map((line) => line.trim().split(/\s{2,}/));
    expect(rows.find(([, , name]) => name === 'key id')).toEqual([
      '4',
      '17',
      'key id',
      '1234abcd-12ab-34cd-56ef-1234567890ab',
      'single-Region key',
    ]);
    expect(rows.find(([, , name]) => name === 'IV')?.[4]).toBe('counter 7, then 64 random bits');
    const [offset, bytes] = rows.at(-1)!.map(Number);
    expect(offset! + bytes!).toBe(BLOB.length);
    expect(lines.at(-1)).toMatch(/^well-formed: 142 bytes, 137 of them overhead/);
  });

  test('takes base64 and refuses anything else', async () => {
    const printed: string[] = [];
    const command = showCommand((line) => printed.push(line));
    await command.parseAsync(['ciphertext', BLOB.toString('base64')], { from: 'user' });
    expect(printed[0]).toMatch(/offset +bytes +field/);
    await expect(showCommand(() => undefined).parseAsync(['ciphertext', 'no base64!'], { from: 'user' })).rejects.toThrow(
      'expected base64',
    );
    expect(() => showCiphertext(BLOB.subarray(1))).toThrow(expect.objectContaining({ code: 'InvalidCiphertextException' }));
  });
});

test('show certificate names the identity and how long it is valid', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'trent-show-'));
  const now = Date.now();
  const { operator, edge } = await ensureCertificates(folder, now);
  const lines = showCertificate(readFileSync(operator.certificate), now);
  expect(lines).toContain('identity       the operator local');
  expect(lines.at(-1)).toBe('verdict        valid for 89 days');
  expect(showCertificate(readFileSync(edge.certificate), now + 100 * 86_400_000).at(-1)).toBe('verdict        no longer valid');
  rmSync(folder, { recursive: true });
});

test('show permit says what it allows and whether it is valid now', () => {
  const permit = issuePermit(
    {
      id: 'request-1',
      principal: 'arn:aws:iam::111122223333:root',
      principalVersion: 3n,
      account: '111122223333',
      operation: 'kms.Encrypt',
      region: 'us-east-1',
      keys: [{ keyArn: 'arn:aws:kms:us-east-1:111122223333:key/k', authorisationVersion: 7n, materialId: 'cd'.repeat(32) }],
      inputDigest: Buffer.alloc(32, 1),
      notBeforeMs: 1_000,
      notAfterMs: 3_000,
    },
    Buffer.alloc(32),
  );
  const lines = showPermit(permit, 2_000);
  expect(lines).toContain(`key            arn:aws:kms:us-east-1:111122223333:key/k, version 7, material ${'cd'.repeat(32)}`);
  expect(lines.at(-1)).toBe('verdict        valid now; the tag is not checked here');
  expect(showPermit(permit, 3_001).at(-1)).toMatch(/no longer valid/);
  expect(() => showPermit(permit.subarray(1), 2_000)).toThrow(expect.objectContaining({ cause: 'malformed' }));
});
