import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { rootRoles } from '@trent/pkcs11';
import type { RootRole } from '@trent/pkcs11';
import type { SecretBytes } from '@trent/secret-bytes';
import { reveal } from '@trent/secret-bytes/reveal';
import { z } from 'zod';
import { canonicalJson, digestOf } from './canonical-json.ts';
import { refuse } from './ceremony-error.ts';
import { cardSchema } from './operator.ts';
import { approvalSchema } from './request.ts';

const keysSchema = z.strictObject(Object.fromEntries(rootRoles.map((role) => [role, z.base64()])) as Record<RootRole, z.ZodBase64>);

const packageSchema = z.strictObject({
  format: z.literal('trent-root-package/1'),
  /** Region, or group of regions, whose root set this is. */
  region: z.string().min(1),
  rootVersion: z.int().min(1),
  createdAt: z.iso.datetime(),
  /** Names of the crypto profile; a token that lacks one is refused at join. */
  profile: z.strictObject({ wrapMechanism: z.string(), kdf: z.string(), ivSource: z.string() }),
  /** K: how many operators must sign and send their share. */
  threshold: z.int().min(1),
  /** The N operators, each with a share of the KEK encrypted to the recipient (age, base64). */
  operators: z.array(cardSchema.extend({ share: z.base64() })).min(1),
  /** Root keys wrapped by AES-KWP under the KEK. */
  keys: keysSchema,
  /** SubjectPublicKeyInfo (DER, base64). */
  digestSigningPublicKey: z.base64(),
  /** What the operators signed at genesis. */
  genesis: z.strictObject({ requestDigest: z.string(), approvals: z.array(approvalSchema) }),
  /** HMAC-SHA-256 over the rest under a key derived from the KEK: only who had the KEK made this file. */
  seal: z.base64(),
});

/**
 * A root package, version 1: the root set of a region, wrapped under a KEK that K of N operators can join. The file is
 * no secret, but it is needed for every join: keep copies.
 */
export type RootPackage = z.infer<typeof packageSchema>;

/** A package that waits for its seal. */
export type UnsealedPackage = Omit<RootPackage, 'seal'>;

function sealOf(unsealed: UnsealedPackage, kek: SecretBytes): Buffer {
  // RFC 5869: the KEK itself only wraps.
  const key = Buffer.from(hkdfSync('sha256', reveal(kek), Buffer.alloc(0), 'trent/root-package/seal/v1', 32));
  const seal = createHmac('sha256', key).update(canonicalJson(unsealed)).digest();
  key.fill(0);
  return seal;
}

/** Adds the seal. */
export function sealPackage(unsealed: UnsealedPackage, kek: SecretBytes): RootPackage {
  return { ...unsealed, seal: sealOf(unsealed, kek).toString('base64') };
}

/** Refuses a package that was altered since its genesis, or shares of another package. */
export function checkSeal(rootPackage: RootPackage, kek: SecretBytes): void {
  const { seal, ...unsealed } = rootPackage;
  // The texts are compared, because base64 has more than one for the same bytes.
  const [claimed, expected] = [Buffer.from(seal), Buffer.from(sealOf(unsealed, kek).toString('base64'))];
  if (claimed.length === expected.length && timingSafeEqual(claimed, expected)) return;
  refuse('altered-package', 'the package does not fit the joined shares: it was altered, or a share is not of this package');
}

/** What operators compare and sign: hexadecimal SHA-256 of the whole package. */
export function packageDigest(rootPackage: RootPackage): string {
  return digestOf('trent/root-package/v1', rootPackage);
}

/** Reads a package from its text. */
export function parsePackage(text: string): RootPackage {
  const parsed = packageSchema.safeParse(fromJson(text));
  if (!parsed.success) refuse('malformed', `not a root package: ${z.prettifyError(parsed.error)}`);
  const { operators, threshold } = parsed.data;
  if (new Set(operators.map((operator) => operator.name)).size < operators.length) refuse('malformed', 'an operator is listed twice');
  if (new Set(operators.map((operator) => operator.signingKey)).size < operators.length)
    refuse('malformed', 'two operators share a signing key');
  if (threshold > operators.length) refuse('malformed', 'the threshold is larger than the number of operators');
  return parsed.data;
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return refuse('malformed', 'not a root package: not JSON', { cause: error });
  }
}

/** Reads a package file. */
export function readPackage(path: string): RootPackage {
  return parsePackage(readFileSync(path, 'utf8'));
}

/** Writes a package file, whole or not at all. */
export function writePackage(path: string, rootPackage: RootPackage): void {
  const unfinished = `${path}.${String(process.pid)}.tmp`;
  writeFileSync(unfinished, `${JSON.stringify(rootPackage, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(unfinished, path);
}
