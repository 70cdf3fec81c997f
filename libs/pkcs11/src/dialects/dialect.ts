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
  | 'read-nested-templates'
  | 'pinned-unwrap'
  | 'immutable-objects'
  | 'allowed-mechanisms'
  | 'extractable-flag';

/** One PKCS#11 module's ways: numbers that differ and what is not served. One file a module. */
export interface Dialect {
  readonly name: string;
  /** RFC 5649 key wrap with padding, as this module numbers it. */
  readonly kwp: number;
  /** Capability → why this module lacks it. */
  readonly unsupported: Readonly<Partial<Record<Capability, string>>>;
  /** Does the module call itself this? */
  recognises(info: ModuleInfo): boolean;
}

/** Whether the dialect's module can do it. */
export function supports(dialect: Dialect, capability: Capability): boolean {
  return dialect.unsupported[capability] === undefined;
}
