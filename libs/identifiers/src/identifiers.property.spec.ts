import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';

import { isTrentError } from '@trent/errors';

import {
  aliasArn,
  keyArn,
  keyIdFromBytes,
  keyIdToBytes,
  newKeyId,
  parseAccountId,
  parseAliasName,
  parseArn,
  parseKeyId,
  parseKeyReference,
  parsePrincipalArn,
  parseRegionName,
} from './index.ts';
import type { AccountId, AliasName, RegionName } from './index.ts';

const accounts = fc.stringMatching(/^[0-9]{12}$/) as fc.Arbitrary<AccountId>;
const regions = fc.constantFrom('eu-west-1', 'us-gov-west-1', 'ap-southeast-12') as fc.Arbitrary<RegionName>;
const keyIds = fc.tuple(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.boolean()).map(([bytes, multi]) => newKeyId(bytes, multi));
const aliases = fc.stringMatching(/^alias\/[a-zA-Z0-9/_-]{1,250}$/) as fc.Arbitrary<AliasName>;
/** Text near the real forms, so that deep branches are reached. */
const nearly = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc
    .array(fc.constantFrom('arn', 'aws', 'kms', ':', 'key/', 'alias/', 'eu-west-1', '111122223333', 'mrk-', 'a', '0', '-'), {
      maxLength: 20,
    })
    .map((parts) => parts.join('')),
);

describe('round trips', () => {
  test('a key id is the same after its seventeen bytes', () => {
    fc.assert(
      fc.property(keyIds, fc.nat(9), (keyId, offset) => {
        const bytes = keyIdToBytes(keyId);
        expect(bytes).toHaveLength(17);
        expect(keyIdFromBytes(bytes)).toBe(keyId);
        expect(keyIdFromBytes(Buffer.concat([Buffer.alloc(offset), bytes]), offset)).toBe(keyId);
        expect(parseKeyId(keyId)).toBe(keyId);
      }),
    );
  });

  test('any seventeen bytes are a key id or not, and if they are, the only form of it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
        const keyId = keyIdFromBytes(bytes);
        if (keyId !== undefined) expect(Buffer.from(keyIdToBytes(keyId))).toEqual(Buffer.from(bytes.subarray(0, 17)));
      }),
    );
  });

  test('an ARN names what it was made of', () => {
    fc.assert(
      fc.property(regions, accounts, keyIds, aliases, (region, account, keyId, aliasName) => {
        const context = { region, account };
        expect(parseKeyReference(keyArn(region, account, keyId), context)).toEqual({ kind: 'keyArn', region, account, keyId });
        expect(parseKeyReference(aliasArn(region, account, aliasName), context)).toEqual({ kind: 'aliasArn', region, account, aliasName });
        expect(parseKeyReference(aliasName, context)).toEqual({ kind: 'aliasName', aliasName });
      }),
    );
  });

  test('the parts of an ARN make the ARN', () => {
    fc.assert(
      fc.property(nearly, (text) => {
        const parts = parseArn(text);
        if (parts === undefined) return;
        expect(`arn:${parts.partition}:${parts.service}:${parts.region}:${parts.account}:${parts.resource}`).toBe(text);
      }),
    );
  });
});

describe('any text', () => {
  test('is a key reference or one of two errors, whose text is bounded', () => {
    const context = { region: 'eu-west-1' as RegionName, account: '111122223333' as AccountId };
    fc.assert(
      fc.property(nearly, fc.boolean(), (text, aliasesAllowed) => {
        try {
          const reference = parseKeyReference(text, { ...context, aliases: aliasesAllowed });
          if (!aliasesAllowed) expect(reference.kind).toMatch(/^key/);
        } catch (error) {
          if (!isTrentError(error)) throw error;
          expect(['NotFoundException', 'InvalidArnException']).toContain(error.code);
          expect(error.message.length).toBeLessThan(2200);
        }
      }),
    );
  });

  test('that a parser takes comes back unchanged', () => {
    fc.assert(
      fc.property(nearly, (text) => {
        for (const parse of [parseKeyId, parseAliasName, parseAccountId, parseRegionName]) expect([undefined, text]).toContain(parse(text));
        expect([undefined, text]).toContain(parsePrincipalArn(text)?.arn);
      }),
    );
  });
});
