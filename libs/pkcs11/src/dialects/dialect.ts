import type { ModuleInfo } from '../module.ts';

/** What modules differ in; a dialect lists what its module cannot do, with the reason. */
export type Capability =
  | 'kwp'
  | 'kwp-any-length'
  | 'kwp-rsa'
  | 'kwp-ec'
  | 'kwp-edwards'
  | 'kwp-post-quantum'
  | 'gcm'
  | 'hmac'
  | 'mac-verdict'
  | 'aes-ecb-encrypt-data'
  | 'rsa-pss'
  | 'rsa-oaep-sha1'
  | 'rsa-oaep-sha256'
  | 'ecdsa'
  | 'secp256k1'
  | 'eddsa'
  | 'eddsa-prehash'
  | 'ml-dsa'
  | 'ml-kem'
  | 'ecdh'
  | 'data-objects'
  | 'read-nested-templates'
  | 'pinned-unwrap'
  | 'immutable-objects'
  | 'allowed-mechanisms'
  | 'extractable-flag'
  | 'ec-derive-flag';

/** One PKCS#11 module's ways: numbers that differ and what is not served. One file a module. */
export interface Dialect {
  readonly name: string;
  /** RFC 5649 key wrap with padding, as this module numbers it. */
  readonly kwp: number;
  /** The module's settings make its token, not C_InitToken; its security officer has an empty PIN and sets the user's first one (NSS). */
  readonly isMadeBySettings?: true;
  /** CKA_EC_POINT of an Edwards key is the point itself, not an OCTET STRING around it (PKCS#11 3.0 and 3.1 were read both ways). */
  readonly isEdwardsPointBare?: true;
  /** What C_Verify may answer to a wrong signature besides CKR_SIGNATURE_INVALID and CKR_SIGNATURE_LEN_RANGE. */
  readonly wrongSignature?: readonly number[];
  /** Capability → why this module lacks it. */
  readonly unsupported: Readonly<Partial<Record<Capability, string>>>;
  /** Does the module call itself this? */
  recognises(info: ModuleInfo): boolean;
}

/** Whether the dialect's module can do it. */
export function supports(dialect: Dialect, capability: Capability): boolean {
  return dialect.unsupported[capability] === undefined;
}
