import { describe, expect, test } from '@jest/globals';
import { createCipheriv, createDecipheriv } from 'node:crypto';

import { canonicalise } from '@trent/encryption-context';

import golden from './ciphertext-v1.golden.json' with { type: 'json' };
import {
  additionalData,
  checkCommitment,
  COMMITMENT_BYTES,
  encodeHeader,
  kdfInput,
  MAX_CIPHERTEXT_BYTES,
  MAX_OVERHEAD_BYTES,
  parseCiphertext,
  TAG_BYTES,
  withCommitment,
  withIv,
} from './index.ts';

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');
const contextOf = (pairs: string[][]): Uint8Array => canonicalise(new Map(pairs.map(([key = '', value = '']) => [key, value])));
const headerOf = (row: (typeof golden)[number]): Parameters<typeof encodeHeader>[0] => ({
  version: 1,
  region: row.region,
  keyId: row.keyId,
  materialId: row.materialId,
  kdf: 1,
  nonce: bytes(row.nonce),
  iv: bytes(row.iv),
});
const first = golden[0] as (typeof golden)[number];
const invalid = expect.objectContaining({ code: 'InvalidCiphertextException', message: '' });

describe('format v1, golden vectors', () => {
  test.each(golden)('$name: header and AAD', (row) => {
    expect(encodeHeader(headerOf(row)).toString('hex')).toBe(row.header);
    expect(additionalData(bytes(row.header), contextOf(row.context)).toString('hex')).toBe(row.additionalData);
  });

  test.each(golden)('$name: the message key is AES-ECB under the backing key over the KDF input', (row) => {
    expect(kdfInput(bytes(row.nonce)).toString('hex')).toBe(row.kdfInput);
    const ecb = createCipheriv('aes-256-ecb', bytes(row.backingKey), null).setAutoPadding(false);
    expect(Buffer.concat([ecb.update(kdfInput(bytes(row.nonce))), ecb.final()]).toString('hex')).toBe(row.messageKey);
  });

  test.each(golden)('$name: parses into its header and opens to its plaintext', (row) => {
    const { header, headerBytes, body } = parseCiphertext(bytes(row.ciphertext));
    expect(header).toEqual(headerOf(row));
    const gcm = createDecipheriv('aes-256-gcm', bytes(row.messageKey), header.iv);
    gcm.setAAD(additionalData(headerBytes, contextOf(row.context))).setAuthTag(body.subarray(-TAG_BYTES));
    const opened = Buffer.concat([gcm.update(body.subarray(0, -TAG_BYTES)), gcm.final()]);
    expect(checkCommitment(opened).toString('hex')).toBe(row.plaintext);
  });

  test.each(golden)('$name: adds less than 200 bytes to the plaintext', (row) => {
    const overhead = (row.ciphertext.length - row.plaintext.length) / 2;
    expect(overhead).toBe(128 + row.region.length);
    expect(overhead).toBeLessThanOrEqual(MAX_OVERHEAD_BYTES);
    expect(MAX_OVERHEAD_BYTES).toBeLessThan(200);
  });
});

describe('what is no ciphertext is answered without a word', () => {
  const whole = bytes(first.ciphertext);
  const changed = (at: number, value: number): Buffer => {
    const copy = Buffer.from(whole);
    copy[at] = value;
    return copy;
  };
  const rows: [string, Uint8Array][] = [
    ['nothing', Buffer.alloc(0)],
    ['one byte', Buffer.alloc(1)],
    ['zeroes', Buffer.alloc(200)],
    ['other magic', changed(0, 0x55)],
    ['version 0', changed(2, 0)],
    ['version 2', changed(2, 2)],
    ['another KDF', changed(3, 2)],
    ['another kind of key id', changed(4, 2)],
    ['no region', changed(79, 0)],
    ['a region of 33 characters', changed(79, 33)],
    ['a region with a space', changed(80, 0x20)],
    ['a region in capitals', changed(80, 0x45)],
    ['no room for commitment and tag', whole.subarray(0, 89 + COMMITMENT_BYTES + TAG_BYTES - 1)],
    ['more than 6144 bytes', Buffer.concat([whole, Buffer.alloc(MAX_CIPHERTEXT_BYTES)])],
    ['a blob of AWS', Buffer.from('AQICAHh3eHl6' + 'A'.repeat(200), 'base64')],
  ];
  test.each(rows)('%s', (_name, blob) => {
    expect(() => parseCiphertext(blob)).toThrow(invalid);
  });

  test('every truncation of the header is refused', () => {
    for (let length = 0; length < 89; length++) expect(() => parseCiphertext(whole.subarray(0, length))).toThrow(invalid);
  });
});

describe('the commitment', () => {
  test('is 32 zero bytes before the plaintext and comes off again', () => {
    const committed = withCommitment(Buffer.from('x'));
    expect(committed.toString('hex')).toBe('00'.repeat(32) + '78');
    expect(checkCommitment(committed).toString()).toBe('x');
    expect(checkCommitment(Buffer.alloc(32))).toHaveLength(0);
  });

  test.each([0, 1, 15, 31])('a bit set in byte %i is refused', (at) => {
    const committed = withCommitment(Buffer.from('x'));
    committed[at] = 0x01;
    expect(() => checkCommitment(committed)).toThrow(invalid);
  });

  test.each([0, 31])('%i bytes are too few', (length) => {
    expect(() => checkCommitment(Buffer.alloc(length))).toThrow(invalid);
  });
});

describe('encoding refuses what the format cannot carry', () => {
  const good = headerOf(first);
  const rows: [string, Partial<typeof good>][] = [
    ['key id', { keyId: 'x' }],
    ['material id', { materialId: 'AB'.repeat(32) }],
    ['nonce', { nonce: Buffer.alloc(13) }],
    ['IV', { iv: Buffer.alloc(16) }],
    ['no region', { region: '' }],
    ['region of 33 characters', { region: 'a'.repeat(33) }],
    ['region that is not ASCII', { region: 'eu-wešt-1' }],
  ];
  test.each(rows)('%s', (_name, change) => {
    expect(() => encodeHeader({ ...good, ...change })).toThrow(RangeError);
  });

  test('a nonce of another length has no KDF input', () => {
    expect(() => kdfInput(Buffer.alloc(16))).toThrow(RangeError);
  });
});

describe('withIv', () => {
  test('gives the header that encodeHeader would give, and leaves the first alone', () => {
    const iv = Buffer.alloc(12, 9);
    const before = encodeHeader(headerOf(first));
    expect(withIv(before, iv)).toEqual(encodeHeader({ ...headerOf(first), iv }));
    expect(before.toString('hex')).toBe(first.header);
    expect(() => withIv(before, Buffer.alloc(11))).toThrow(RangeError);
  });
});
