import { describe, expect, test } from '@jest/globals';
import { createDecipheriv } from 'node:crypto';

import golden from './ciphertext-v2.golden.json' with { type: 'json' };
import { encodeExternal, isExternal, MAX_CIPHERTEXT_BYTES, namedKey, parseCiphertext, parseExternal } from './index.ts';

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');
const first = golden[0]!;
const whole = bytes(first.ciphertext);
const invalid = expect.objectContaining({ code: 'InvalidCiphertextException', message: '' }) as unknown as Error;

describe('format v2, golden vectors', () => {
  test.each(golden)('$name: parses, encodes back, and names its key', (row) => {
    const parsed = parseExternal(bytes(row.ciphertext));
    expect(parsed).toMatchObject({ region: row.region, keyId: row.keyId, materialId: row.materialId });
    expect([parsed.iv, parsed.tag, parsed.metadata].map((part) => part.toString('hex'))).toEqual([row.iv, row.tag, row.metadata]);
    expect(encodeExternal(parsed).toString('hex')).toBe(row.ciphertext);
    expect(namedKey(bytes(row.ciphertext))).toMatchObject({ region: row.region, keyId: row.keyId, materialId: row.materialId });
  });

  test.each(golden)('$name: the external key opens it to a ciphertext v1 of the same key', (row) => {
    const { iv, tag, metadata, ciphertext } = parseExternal(bytes(row.ciphertext));
    const aad = bytes(row.additionalData);
    const lengths = [Buffer.from([aad.length >> 8, aad.length & 255]), Buffer.of(metadata.length)] as const;
    const gcm = createDecipheriv('aes-256-gcm', bytes(row.externalKey), iv);
    gcm.setAAD(metadata.length === 0 ? aad : Buffer.concat([lengths[0], aad, lengths[1], metadata])).setAuthTag(tag);
    const inner = Buffer.concat([gcm.update(ciphertext), gcm.final()]);
    expect(inner.toString('hex')).toBe(row.inner);
    expect(parseCiphertext(inner).header).toMatchObject({ region: row.region, keyId: row.keyId, materialId: row.materialId });
  });

  test('is told from v1, which names its key as well', () => {
    expect([isExternal(whole), isExternal(bytes(first.inner)), isExternal(Buffer.alloc(0))]).toEqual([true, false, false]);
    expect(namedKey(bytes(first.inner))).toMatchObject({ keyId: first.keyId });
    expect(() => parseCiphertext(whole)).toThrow(invalid);
  });
});

describe('what is no ciphertext v2 is answered without a word', () => {
  const changed = (at: number, value: number): Buffer => {
    const copy = Buffer.from(whole);
    copy[at] = value;
    return copy;
  };
  const rows: [string, Uint8Array][] = [
    ['nothing', Buffer.alloc(0)],
    ['other magic', changed(0, 0x55)],
    ['version 1', changed(2, 1)],
    ['another outer encryption', changed(3, 2)],
    ['another kind of key id', changed(4, 2)],
    ['no region', changed(53, 0)],
    ['a region of 33 characters', changed(53, 33)],
    ['a region in capitals', changed(54, 0x45)],
    ['an IV of 13 bytes', changed(63, 13)],
    ['an IV of 17 bytes', changed(63, 17)],
    ['21 bytes of metadata', changed(92, 21)],
    ['no room for a ciphertext v1', whole.subarray(0, 106 + 128)],
    ['more than a proxy takes', Buffer.concat([whole, Buffer.alloc(4300)])],
    ['more than 6144 bytes', Buffer.concat([whole, Buffer.alloc(MAX_CIPHERTEXT_BYTES)])],
  ];
  test.each(rows)('%s', (_name, blob) => {
    expect(() => parseExternal(blob)).toThrow(invalid);
  });

  test('every truncation before the ciphertext is refused', () => {
    for (let length = 0; length < 106; length++) expect(() => parseExternal(whole.subarray(0, length))).toThrow(invalid);
  });
});

describe('encoding refuses what the format cannot carry', () => {
  const good = parseExternal(whole);
  const rows: [string, Partial<typeof good>][] = [
    ['key id', { keyId: 'x' }],
    ['material id', { materialId: 'AB'.repeat(32) }],
    ['IV of 13 bytes', { iv: Buffer.alloc(13) }],
    ['tag of 12 bytes', { tag: Buffer.alloc(12) }],
    ['metadata of 21 bytes', { metadata: Buffer.alloc(21) }],
    ['region that is not ASCII', { region: 'eu-wešt-1' }],
    ['a ciphertext that is none', { ciphertext: Buffer.alloc(10) }],
    ['a ciphertext that no proxy takes', { ciphertext: Buffer.alloc(4301) }],
  ];
  test.each(rows)('%s', (_name, change) => {
    expect(() => encodeExternal({ ...good, ...change })).toThrow(RangeError);
  });
});
