import { describe, expect, test } from '@jest/globals';
import { rootRoles } from '@trent/pkcs11';
import { SecretBytes } from '@trent/secret-bytes';
import fc from 'fast-check';
import { checkSeal, packageDigest, parsePackage, sealPackage } from './root-package.ts';
import type { RootPackage } from './root-package.ts';

const kek = SecretBytes.copyOf(Buffer.alloc(32, 1));
const operator = { name: 'anna', recipient: 'age1anna', signingKey: 'YQ==', share: 'Yg==' };
const sound: RootPackage = sealPackage(
  {
    format: 'trent-root-package/1',
    region: 'us-east-1',
    rootVersion: 1,
    createdAt: '2026-11-01T00:00:00.000Z',
    profile: { wrapMechanism: 'AES-KWP', kdf: 'AES-ECB-ENCRYPT-DATA', ivSource: 'COUNTER32-RANDOM64' },
    threshold: 1,
    operators: [operator, { ...operator, name: 'bert', signingKey: 'Yw==' }],
    keys: Object.fromEntries(rootRoles.map((role) => [role, 'a2V5'])) as RootPackage['keys'],
    digestSigningPublicKey: 'cHVi',
    genesis: { requestDigest: 'ab'.repeat(32), approvals: [] },
  },
  kek,
);
const text = JSON.stringify(sound);

/** Parses; only the documented refusal may be thrown. */
function parsed(bytes: string): RootPackage | undefined {
  try {
    return parsePackage(bytes);
  } catch (error) {
    expect(error).toMatchObject({ code: 'CEREMONY', reason: 'malformed' });
    return undefined;
  }
}

describe('a package', () => {
  test('comes back from its text, with the same digest and a seal that fits', () => {
    expect(parsePackage(text)).toEqual(sound);
    expect(packageDigest(parsePackage(JSON.stringify(sound, null, 4)))).toBe(packageDigest(sound));
    checkSeal(parsePackage(text), kek);
  });

  test('of any text is a package or a refusal', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (any) => parsed(any) === undefined));
  });

  test('with any one character changed is refused, or is another package whose seal does not fit', () => {
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (place, character) => {
        const other = parsed(text.slice(0, place) + character + text.slice(place + 1));
        if (other === undefined || packageDigest(other) === packageDigest(sound)) return;
        expect(() => checkSeal(other, kek)).toThrow(expect.objectContaining({ reason: 'altered-package' }));
      }),
      { numRuns: 300 },
    );
  });

  const rows: [string, object][] = [
    ['an operator twice', { operators: [operator, operator] }],
    ['two operators with one signing key', { operators: [operator, { ...operator, name: 'bert' }] }],
    ['a threshold above the number of operators', { threshold: 3 }],
    ['a threshold of none', { threshold: 0 }],
    ['a missing key', { keys: { binding: 'a2V5' } }],
    ['a member that nobody knows', { comment: 'hello' }],
    ['another format', { format: 'trent-root-package/2' }],
  ];
  test.each(rows)('with %s is malformed', (_what, change) => {
    expect(parsed(JSON.stringify({ ...sound, ...change }))).toBeUndefined();
  });
});
