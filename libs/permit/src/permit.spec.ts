import { describe, expect, test } from '@jest/globals';
import { createHmac, hash } from 'node:crypto';

import { issuePermit, MAX_PERMIT_BYTES, permitHour, preparePermitKey, verifyPermit } from './index.ts';
import type { ExpectedUse, Permit, RefusalReason, VerifiedPermit } from './index.ts';
import golden from './permit-v1.golden.json' with { type: 'json' };
import { aPermit } from './permit.builder.ts';

const KEY = Buffer.alloc(32, 1);
const permit = aPermit();
const good = issuePermit(permit, KEY);

const verify = (bytes: Uint8Array, change: Partial<ExpectedUse> = {}, epochMs = permit.notBeforeMs + 10): VerifiedPermit =>
  verifyPermit(
    bytes,
    () => KEY,
    { epochMs },
    { operation: permit.operation, inputDigest: permit.inputDigest, region: permit.region, ...change },
  );
const refused = (reason: RefusalReason): unknown =>
  expect.objectContaining({ code: 'AccessDeniedException', message: 'The permit is not valid for this request.', cause: reason });
/** A permit whose tag is right although policy never wrote such bytes. */
const tagged = (body: Buffer): Buffer => Buffer.concat([body, createHmac('sha256', KEY).update(body).digest()]);
const changed = (at: number, ...values: number[]): Buffer => {
  const body = Buffer.from(good.subarray(0, -32));
  body.set(values, at);
  return tagged(body);
};

describe('format v1, golden vectors', () => {
  const rows = golden.map(({ name, permit: p, permitKey, hour, encoded }) => ({
    name,
    permitKey: Buffer.from(permitKey, 'hex'),
    hour,
    encoded,
    permit: {
      ...p,
      principalVersion: BigInt(p.principalVersion),
      keys: p.keys.map((key) => ({ ...key, authorisationVersion: BigInt(key.authorisationVersion) })),
      inputDigest: Buffer.from(p.inputDigest, 'hex'),
    } satisfies Permit,
  }));
  test.each(rows)('$name: encodes', (row) => {
    expect(issuePermit(row.permit, row.permitKey).toString('hex')).toBe(row.encoded);
    expect(issuePermit(row.permit, preparePermitKey(row.permitKey)).toString('hex')).toBe(row.encoded);
  });
  test.each(rows)('$name: is verified with the key of its hour', (row) => {
    const keyForHour = (hour: number): Buffer | undefined => (hour === row.hour ? row.permitKey : undefined);
    const now = { epochMs: row.permit.notBeforeMs };
    expect(verifyPermit(Buffer.from(row.encoded, 'hex'), keyForHour, now, row.permit)).toEqual(row.permit);
  });
  test.each(rows)('$name: ends with the HMAC of all before', (row) => {
    const bytes = Buffer.from(row.encoded, 'hex');
    expect(createHmac('sha256', row.permitKey).update(bytes.subarray(0, -32)).digest()).toEqual(bytes.subarray(-32));
  });
});

describe('a permit is refused', () => {
  test('for another operation', () => {
    expect(() => verify(good, { operation: 'kms.Decrypt' })).toThrow(refused('other-operation'));
  });
  test('for another input', () => {
    expect(() => verify(good, { inputDigest: hash('sha256', 'another input', 'buffer') })).toThrow(refused('other-input'));
    expect(() => verify(good, { inputDigest: Buffer.alloc(0) })).toThrow(refused('other-input'));
  });
  test('in another region', () => {
    expect(() => verify(good, { region: 'us-east-1' })).toThrow(refused('other-region'));
  });
  test('under the key of another hour or region', () => {
    expect(() => verifyPermit(good, () => Buffer.alloc(32, 2), { epochMs: permit.notBeforeMs }, permit)).toThrow(refused('wrong-tag'));
  });
  test('of an hour whose key the worker does not know', () => {
    expect(() => verifyPermit(good, () => undefined, { epochMs: permit.notBeforeMs }, permit)).toThrow(refused('unknown-hour'));
  });

  test('when any one of its bits is turned', () => {
    for (let bit = 0; bit < good.length * 8; bit++) {
      const turned = Buffer.from(good);
      turned[bit >> 3] = (turned[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(() => verify(turned)).toThrow(expect.objectContaining({ code: 'AccessDeniedException' }));
    }
  });
  test('at every shorter length, and with a byte more', () => {
    for (let length = 0; length < good.length; length++) {
      expect(() => verify(good.subarray(0, length))).toThrow(expect.objectContaining({ code: 'AccessDeniedException' }));
    }
    expect(() => verify(Buffer.concat([good, Buffer.alloc(1)]))).toThrow(refused('wrong-tag'));
    expect(() => verify(Buffer.concat([good, Buffer.alloc(MAX_PERMIT_BYTES)]))).toThrow(refused('malformed'));
  });
});

describe('validity', () => {
  const rows: [string, number, boolean][] = [
    ['at its beginning', 0, true],
    ['at its end', 3000, true],
    ['one second before it begins: clocks differ', -1000, true],
    ['one second after its end', 4000, true],
    ['1001 ms before it begins', -1001, false],
    ['1001 ms past its end', 4001, false],
    ['an hour later', 3_600_000, false],
    ['when the clock says nothing', NaN, false],
  ];
  test.each(rows)('%s', (_name, afterMs, valid) => {
    const attempt = (): unknown => verify(good, {}, permit.notBeforeMs + afterMs);
    if (valid) expect(attempt()).toEqual(permit);
    else expect(attempt).toThrow(refused('not-valid-now'));
  });

  test('the key is not asked for when the time is wrong', () => {
    const asked: number[] = [];
    const keyForHour = (hour: number): undefined => void asked.push(hour);
    expect(() => verifyPermit(good, keyForHour, { epochMs: 0 }, permit)).toThrow(refused('not-valid-now'));
    expect(asked).toEqual([]);
  });

  test('the hour is that of the beginning, also across its end', () => {
    const beginsMs = 488_889 * 3_600_000 - 1;
    const late = issuePermit(aPermit({ notBeforeMs: beginsMs, notAfterMs: beginsMs + 3000 }), KEY);
    const hours: number[] = [];
    const keyForHour = (hour: number): Buffer => {
      hours.push(hour);
      return KEY;
    };
    verifyPermit(late, keyForHour, { epochMs: beginsMs + 2000 }, permit);
    expect(hours).toEqual([488_888]);
    expect(permitHour(beginsMs + 1)).toBe(488_889);
  });
});

describe('bytes with a right tag that policy would never write are refused', () => {
  const rows: [string, Buffer, RefusalReason][] = [
    ['version 2', changed(0, 2), 'malformed'],
    ['a life of 3001 ms', changed(7, 0x0b, 0xb9), 'malformed'],
    ['three keys', changed(49, 3), 'malformed'],
    ['two keys where one is', changed(49, 2), 'malformed'],
    ['no keys where one is', changed(49, 0), 'malformed'],
    ['an id beyond the end', changed(50, 0xff), 'malformed'],
    ['a material id of 31 bytes', changed(good.length - 32 - 33, 31), 'malformed'],
    ['a byte left over', tagged(Buffer.concat([good.subarray(0, -32), Buffer.alloc(1)])), 'malformed'],
    ['nothing but a tag', tagged(Buffer.alloc(0)), 'malformed'],
  ];
  test.each(rows)('%s', (_name, bytes, reason) => {
    expect(() => verify(bytes)).toThrow(refused(reason));
  });
});

describe('issuePermit refuses what a permit cannot carry', () => {
  const key = permit.keys[0] as Permit['keys'][number];
  const rows: [string, Partial<Permit>][] = [
    ['a life of 3001 ms', { notAfterMs: permit.notBeforeMs + 3001 }],
    ['an end before the beginning', { notAfterMs: permit.notBeforeMs - 1 }],
    ['half a millisecond', { notAfterMs: permit.notBeforeMs + 0.5 }],
    ['a time before 1970', { notBeforeMs: -1, notAfterMs: 0 }],
    ['a digest of another length', { inputDigest: Buffer.alloc(20) }],
    ['three keys', { keys: [key, key, key] }],
    ['text that is not ASCII', { principal: 'arn:aws:iam::111122223333:user/bøb' }],
    ['text with a space', { operation: 'kms. Encrypt' }],
    ['a request id of 256 characters', { id: 'x'.repeat(256) }],
    ['more than 8192 bytes in all', { principal: 'x'.repeat(9000) }],
    ['a material id that is no hex', { keys: [{ ...key, materialId: 'zz'.repeat(32) }] }],
    ['a short material id', { keys: [{ ...key, materialId: 'ab' }] }],
  ];
  test.each(rows)('%s', (_name, change) => {
    expect(() => issuePermit(aPermit(change), KEY)).toThrow(RangeError);
  });

  test('a version beyond 64 bits', () => {
    expect(() => issuePermit(aPermit({ principalVersion: 2n ** 64n }), KEY)).toThrow(expect.objectContaining({ name: 'RangeError' }));
    expect(() => issuePermit(aPermit({ principalVersion: -1n }), KEY)).toThrow(expect.objectContaining({ name: 'RangeError' }));
  });
});

test('a permit that claims to be verified does not compile', () => {
  // @ts-expect-error only verifyPermit gives a VerifiedPermit
  const claimed: VerifiedPermit = permit;
  expect(claimed).toBe(permit);
});
