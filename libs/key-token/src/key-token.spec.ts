import { describe, expect, test } from '@jest/globals';
import { createHash, createHmac } from 'node:crypto';

import { parseKeyId } from '@trent/identifiers';

import { assembleToken, encodeTokenHeader, MAX_PUBLIC_KEY_BYTES, MAX_WRAPPED_BYTES, newMaterialId, parseToken } from './index.ts';
import type { KeyTokenHeader } from './index.ts';
import golden from './key-token-v1.golden.json' with { type: 'json' };
import goldenV3 from './key-token-v3.golden.json' with { type: 'json' };
import goldenV2 from './key-token-v2.golden.json' with { type: 'json' };

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');
const malformed = (field: string): unknown =>
  expect.objectContaining({ code: 'KMSInternalException', message: '', cause: `malformed key token: ${field}` });
const rows = [
  ...golden.tokens.map((row) => ({ ...row, header: row.header as KeyTokenHeader })),
  ...goldenV2.tokens.map((row) => ({ ...row, header: { ...row.header, publicKey: bytes(row.header.publicKey) } as KeyTokenHeader })),
  ...goldenV3.tokens.map((row) => ({ ...row, header: row.header as KeyTokenHeader })),
];
const first = rows[0] as (typeof rows)[number];
const withPublicKey = rows[golden.tokens.length] as (typeof rows)[number];

describe('golden vectors of formats 1 to 3', () => {
  test.each(rows)('$name: encodes', (row) => {
    expect(encodeTokenHeader(row.header).toString('hex')).toBe(row.encodedHeader);
    expect(assembleToken(bytes(row.encodedHeader), bytes(row.wrapped), bytes(row.mac)).toString('hex')).toBe(row.token);
  });

  test.each(rows)('$name: parses', (row) => {
    const parsed = parseToken(bytes(row.token));
    expect(parsed.header).toEqual(row.header);
    expect(parsed.wrapped.toString('hex')).toBe(row.wrapped);
    expect(parsed.mac.toString('hex')).toBe(row.mac);
  });

  test.each(rows)('$name: the MAC is over header ‖ wrapped key', (row) => {
    const { authenticated, mac } = parseToken(bytes(row.token));
    expect(authenticated.toString('hex')).toBe(row.encodedHeader + row.wrapped);
    expect(createHmac('sha256', bytes(row.bindingKey)).update(authenticated).digest()).toEqual(mac);
  });

  test.each(golden.materialIds)(
    'the material id of $keyId is the SHA-256 of label, key id and random bytes',
    ({ keyId, random, materialId }) => {
      const id = parseKeyId(keyId);
      if (id === undefined) throw new Error('the vector has no key id');
      expect(newMaterialId(id, bytes(random))).toBe(materialId);
      const kind = keyId.startsWith('mrk-') ? '01' : '00';
      const input = Buffer.concat([
        Buffer.from('trent/material/v1'),
        bytes(kind + keyId.replace('mrk-', '').replaceAll('-', '')),
        bytes(random),
      ]);
      expect(createHash('sha256').update(input).digest('hex')).toBe(materialId);
    },
  );
});

describe('what is no token of format 1 is refused, and the log learns why', () => {
  const whole = bytes(first.token);
  const changed = (at: number, ...values: number[]): Buffer => {
    const copy = Buffer.from(whole);
    copy.set(values, at);
    return copy;
  };
  const headerLength = first.encodedHeader.length / 2;
  const table: [string, Buffer, string][] = [
    ['nothing', Buffer.alloc(0), 'magic'],
    ['zeroes', Buffer.alloc(200), 'magic'],
    ['format 0', changed(3, 0), 'format'],
    ['format 4', changed(3, 4), 'format'],
    ['format 3 without a store', changed(3, 3), 'text'],
    ['format 2 without a public key', changed(3, 2), 'public key'],
    ['a header that ends before its texts', changed(4, 0, 71), 'length'],
    ['a header longer than the token', changed(4, 0xff, 0xff), 'length'],
    ['a header with a byte left over', changed(4, 0, headerLength + 1), 'header length'],
    ['a header with a byte too few', changed(4, 0, headerLength - 1), 'text'],
    ['a class without meaning', changed(10, 0), 'class'],
    ['a class of the future', changed(10, 9), 'class'],
    ['another kind of key id', changed(11, 2), 'key id'],
    ['an account with a letter', changed(60, 0x61), 'account'],
    ['a region in capitals', changed(73, 0x45), 'region'],
    ['texts that do not fill the header', changed(72, 0), 'text'],
    ['no wrapped key', Buffer.concat([whole.subarray(0, headerLength), Buffer.alloc(32)]), 'length'],
    ['no MAC', whole.subarray(0, headerLength), 'length'],
    ['a wrapped key beyond the bound', Buffer.concat([whole, Buffer.alloc(MAX_WRAPPED_BYTES)]), 'length'],
  ];
  test.each(table)('%s', (_name, token, field) => {
    expect(() => parseToken(token)).toThrow(malformed(field));
  });

  test.each([
    ['a public key of no bytes', 0, 0],
    ['a public key longer than the rest of the header', 0, 92],
    ['a public key shorter than the rest of the header', 0, 90],
    ['a public key beyond the bound', 0x10, 1],
  ])('%s', (_name, high, low) => {
    const token = bytes(withPublicKey.token);
    const at = withPublicKey.encodedHeader.length / 2 - 2 - 91;
    expect(token.readUInt16BE(at)).toBe(91);
    token.set([high, low], at);
    expect(() => parseToken(token)).toThrow(malformed(high + low === 0 || high > 0 ? 'public key' : 'header length'));
  });

  const inStore = bytes((goldenV3.tokens[0] as (typeof goldenV3.tokens)[number]).token);
  const storeAt = inStore.indexOf('cks-');
  test.each([
    ['a store id with a space', storeAt, 0x20, 'store id'],
    ['an object id with a control character', storeAt + 22, 0x07, 'object id'],
    ['an object id that ends before the header does', storeAt + 21, 31, 'header length'],
    ['an object id that ends behind the header', storeAt + 21, 33, 'text'],
  ])('%s', (_name, at, value, field) => {
    const token = Buffer.from(inStore);
    token[at] = value;
    expect(() => parseToken(token)).toThrow(malformed(field));
  });

  test('a spec in lower case', () => {
    const at = whole.indexOf('SYMMETRIC_DEFAULT');
    expect(() => parseToken(changed(at, 0x73))).toThrow(malformed('spec, usage or origin'));
  });
});

describe('encoding refuses what the format cannot carry', () => {
  const changes: [string, Partial<Record<keyof KeyTokenHeader | 'publicKey' | 'storeId' | 'objectId', unknown>>][] = [
    ['key id', { keyId: 'mrk-x' }],
    ['account', { accountId: '1' }],
    ['material id', { materialId: '00' }],
    ['region', { region: 'EU' }],
    ['region that Latin-1 would turn into another', { region: 'eu-wešt-1' }],
    ['empty spec', { spec: '' }],
    ['lower-case usage', { usage: 'sign' }],
    ['origin of 65 characters', { origin: 'X'.repeat(65) }],
    ['class', { keyClass: 'des' }],
    ['public key of no bytes', { format: 2, publicKey: Buffer.alloc(0) }],
    ['public key beyond the bound', { format: 2, publicKey: Buffer.alloc(MAX_PUBLIC_KEY_BYTES + 1) }],
    ['a store id of no characters', { format: 3, storeId: '', objectId: 'x' }],
    ['an object id of 129 characters', { format: 3, storeId: 'cks-1', objectId: 'x'.repeat(129) }],
    ['root version beyond 32 bits', { rootVersion: 2 ** 32 }],
    ['negative root version', { rootVersion: -1 }],
  ];
  test.each(changes)('%s', (_name, change) => {
    expect(() => encodeTokenHeader({ ...first.header, ...change } as KeyTokenHeader)).toThrow(RangeError);
  });

  test('an empty or oversized wrapped key, a short MAC, too few random bytes', () => {
    const header = bytes(first.encodedHeader);
    const mac = Buffer.alloc(32);
    expect(() => assembleToken(header, Buffer.alloc(0), mac)).toThrow(RangeError);
    expect(() => assembleToken(header, Buffer.alloc(MAX_WRAPPED_BYTES + 1), mac)).toThrow(RangeError);
    expect(() => assembleToken(header, Buffer.alloc(40), Buffer.alloc(31))).toThrow(RangeError);
    expect(() => newMaterialId(parseKeyId(first.header.keyId) as NonNullable<ReturnType<typeof parseKeyId>>, Buffer.alloc(31))).toThrow(
      RangeError,
    );
  });
});
