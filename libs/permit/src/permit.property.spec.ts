import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { createHmac } from 'node:crypto';

import { isTrentError } from '@trent/errors';

import { issuePermit, verifyPermit } from './index.ts';
import type { Permit } from './index.ts';

const KEY = Buffer.alloc(32, 1);
const ofLength = (length: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => Buffer.from(bytes));
const text = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((c) => String.fromCharCode(c)), maxLength });
const versions = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const keys = fc.record({
  keyArn: text(200),
  authorisationVersion: versions,
  materialId: fc.oneof(
    fc.constant(''),
    ofLength(32).map((bytes) => bytes.toString('hex')),
  ),
});
const permits: fc.Arbitrary<Permit> = fc
  .record({
    id: text(255),
    principal: text(300),
    principalVersion: versions,
    account: text(12),
    operation: text(40),
    region: text(32),
    keys: fc.array(keys, { maxLength: 2 }),
    inputDigest: ofLength(32),
    notBeforeMs: fc.nat(2 ** 47),
    lifeMs: fc.nat(3000),
  })
  .map(({ lifeMs, ...permit }) => ({ ...permit, notAfterMs: permit.notBeforeMs + lifeMs }));

/** Verifies under whatever time and use the bytes themselves claim, so that nothing but the parser stands in their way. */
function verifyAsClaimed(bytes: Uint8Array): Permit | undefined {
  const notBeforeMs = bytes.length >= 7 ? Buffer.from(bytes).readUIntBE(1, 6) : 0;
  try {
    return verifyPermit(
      bytes,
      () => KEY,
      { epochMs: notBeforeMs },
      { operation: 'kms.Encrypt', inputDigest: Buffer.alloc(32), region: 'eu-west-1' },
    );
  } catch (error) {
    if (!isTrentError(error)) throw error;
    expect(error).toMatchObject({ code: 'AccessDeniedException', message: 'The permit is not valid for this request.' });
    return undefined;
  }
}

describe('a permit', () => {
  test('says after verification what it said when it was issued', () => {
    fc.assert(
      fc.property(permits, fc.integer({ min: -1000, max: 1000 }), (permit, skewMs) => {
        const bytes = issuePermit(permit, KEY);
        const epochMs = (skewMs < 0 ? permit.notBeforeMs : permit.notAfterMs) + skewMs;
        expect(verifyPermit(bytes, () => KEY, { epochMs }, permit)).toEqual(permit);
      }),
    );
  });

  test('of one content has one encoding, of another content another', () => {
    fc.assert(
      fc.property(permits, permits, (left, right) => {
        expect(issuePermit(left, KEY)).toEqual(issuePermit({ ...left }, KEY));
        const same = issuePermit(left, KEY).equals(issuePermit(right, KEY));
        expect(same).toBe(JSON.stringify(left, asText) === JSON.stringify(right, asText));
      }),
    );
  });
});

describe('any bytes', () => {
  test('are refused with the one error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        expect(verifyAsClaimed(bytes)).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  test('even with a right tag are a permit in its only encoding, or refused with the one error', () => {
    const template = issuePermit(
      {
        id: 'i',
        principal: 'p',
        principalVersion: 1n,
        account: 'a',
        operation: 'kms.Encrypt',
        region: 'eu-west-1',
        keys: [{ keyArn: 'k', authorisationVersion: 1n, materialId: '' }],
        inputDigest: Buffer.alloc(32),
        notBeforeMs: 0,
        notAfterMs: 0,
      },
      KEY,
    ).subarray(0, -32);
    const bodies = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from([1, ...bytes])),
      fc.tuple(fc.nat(template.length - 1), fc.integer({ min: 0x21, max: 0x7e })).map(([at, value]) => {
        const body = Buffer.from(template);
        body[at] = value;
        return body;
      }),
    );
    fc.assert(
      fc.property(bodies, (body) => {
        const bytes = Buffer.concat([body, createHmac('sha256', KEY).update(body).digest()]);
        const permit = verifyAsClaimed(bytes);
        if (permit !== undefined) expect(issuePermit(permit, KEY)).toEqual(bytes);
      }),
      { numRuns: 500 },
    );
  });
});

function asText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
