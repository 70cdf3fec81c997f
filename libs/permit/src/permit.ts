import { HmacKey } from '@trent/secret-bytes';

/** A key that a permit opens, at the version and material for which `policy` decided. */
export interface PermitKey {
  readonly keyArn: string;
  /** Version of all that decides over the key (state, policy, grants): a worker's fence compares it. */
  readonly authorisationVersion: bigint;
  /** 64 lower-case hex digits, or '' where the operation needs no material. */
  readonly materialId: string;
}

/** Leave for one principal to do one operation with one input on at most two keys, for at most three seconds. */
export interface Permit {
  /** Request id. */
  readonly id: string;
  /** ARN of the caller. */
  readonly principal: string;
  readonly principalVersion: bigint;
  /** Account of the caller. */
  readonly account: string;
  /** Operation name on internal wires, as `kms.Encrypt`. */
  readonly operation: string;
  readonly region: string;
  /** None (GenerateRandom), one, or two: ReEncrypt's source and destination, in that order. */
  readonly keys: readonly PermitKey[];
  /** SHA-256 of the exact input. */
  readonly inputDigest: Uint8Array;
  readonly notBeforeMs: number;
  /** At most {@link MAX_LIFE_MS} after `notBeforeMs`. */
  readonly notAfterMs: number;
}

/** Only in the type: nothing but verifyPermit can make one, and a handler's signature asks for it. */
declare const verified: unique symbol;

/** A permit whose tag, validity, operation, region and input were found right. */
export type VerifiedPermit = Permit & { readonly [verified]: true };

/** Longest life of a permit (DESIGN: the request's deadline, at most 3 s). */
export const MAX_LIFE_MS = 3000;
/** How far the clocks of policy and worker may differ. */
export const LEEWAY_MS = 1000;
/** Bound of an encoded permit: a principal and two key ARNs of 2048 characters, and room. */
export const MAX_PERMIT_BYTES = 8192;
/** ReEncrypt has two, everything else fewer. */
export const MAX_KEYS = 2;

const HOUR_MS = 3_600_000;

/** The hour whose permit key is used for a permit that begins at `epochMs`: whole hours since 1970. */
export function permitHour(epochMs: number): number {
  return Math.floor(epochMs / HOUR_MS);
}

/** Makes the 32 bytes of an hour's permit key ready for use, once an hour. */
export function preparePermitKey(keyOfHour: Uint8Array): HmacKey {
  return new HmacKey(keyOfHour);
}
