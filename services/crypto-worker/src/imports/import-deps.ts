import { timingSafeEqual } from 'node:crypto';
import { fail } from '@trent/errors';
import type { KeySpec } from '@trent/key-model';
import type { ImportAlgorithm } from '@trent/key-token';
import { CKM, supports, type Dialect, type HashName, type RootSet } from '@trent/pkcs11';
import type { OpenToken } from '../pool/open-token.ts';
import type { SlowLane } from '../pool/slow-lane.ts';

/** What imports lean on. */
export interface ImportDeps {
  readonly open: OpenToken;
  /** Work of milliseconds: RSA operations. */
  readonly slowLane: SlowLane;
  /** Work of seconds: wrapping keys. */
  readonly generationLane: SlowLane;
  /** Specs that the module can not carry, with the reason. */
  readonly unserved: ReadonlyMap<KeySpec, string>;
  /** Whether the wrapping may be opened in this process where the module can't (TRENT_ALLOW_SOFTWARE_IMPORT). */
  readonly allowSoftware: boolean;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

const MAC_BYTES = 32;

/** HMAC-SHA-256 by the binding key of a root set, the region's unless another is named, in the token. */
export function bindingMac({ session, rootSet }: OpenToken, data: Uint8Array, { binding }: RootSet = rootSet): Buffer {
  const mac = Buffer.alloc(MAC_BYTES);
  session.signHmac(CKM.SHA256_HMAC, binding, data, mac);
  return mac;
}

/** True if `mac` is the binding key's over `data`. */
export function isBound(open: OpenToken, data: Uint8Array, mac: Uint8Array): boolean {
  return mac.length === MAC_BYTES && timingSafeEqual(bindingMac(open, data), mac);
}

/** The hash of an algorithm's OAEP. */
export function hashOf(algorithm: ImportAlgorithm): Extract<HashName, 'SHA-1' | 'SHA-256'> {
  return algorithm.endsWith('SHA_256') ? 'SHA-256' : 'SHA-1';
}

/** True if material is wrapped by an AES key, and that by RSA (CKM_RSA_AES_KEY_WRAP, PKCS#11 3.1 §6.1.21). */
export function hasInnerKey(algorithm: ImportAlgorithm): boolean {
  return algorithm.startsWith('RSA_AES_KEY_WRAP');
}

/**
 * Whether the module itself opens this wrapping.
 * @throws UnsupportedOperationException when neither the module nor, without the operator's leave, this process may
 */
export function opensInside({ open, allowSoftware }: ImportDeps, algorithm: ImportAlgorithm): boolean {
  const inside = supports(open.dialect, hashOf(algorithm) === 'SHA-1' ? 'rsa-oaep-sha1' : 'rsa-oaep-sha256');
  if (!inside && !allowSoftware) {
    fail('UnsupportedOperationException', `Wrapping algorithm ${algorithm} is not supported by the HSM.`);
  }
  return inside;
}

/** What /readyz says of the switch. */
export function softwareImports(dialect: Dialect): string {
  const lacking = (['rsa-oaep-sha1', 'rsa-oaep-sha256'] as const).filter((capability) => !supports(dialect, capability));
  return lacking.length === 0
    ? 'allowed and not needed: the module opens every wrapping by itself'
    : `allowed: the padding of ${lacking.join(', ')} is taken off in this process`;
}
