import { CKK, CKM, CKO } from '../constants.ts';
import { supports } from '../dialects/dialect.ts';
import type { Capability, Dialect } from '../dialects/dialect.ts';
import type { AttributeName, Template } from '../template.ts';
import { kdfMechanisms } from './profile.ts';
import type { CryptoProfile } from './profile.ts';

/**
 * Classes of backing key, each with a wrapping key of its own. `import` holds the RSA keys under which users send
 * their material (BYOK), `system` the cluster's own secrets; both are apart so that no user key opens them.
 */
export const keyClasses = ['aes-derive', 'hmac', 'rsa', 'ec', 'edwards', 'post-quantum', 'import', 'system'] as const;

/** A class of backing key. */
export type KeyClass = (typeof keyClasses)[number];

/** What a key of the root set is for: one key, one purpose. */
export type RootRole = `wrap/${KeyClass}` | 'binding' | 'permit' | 'digest-signing';

/** Every key of a root set. */
export const rootRoles: readonly RootRole[] = [
  ...keyClasses.map((keyClass): RootRole => `wrap/${keyClass}`),
  'binding',
  'permit',
  'digest-signing',
];

/** Which root set a key belongs to. */
export interface RootSetName {
  /** Region or group of regions. */
  readonly region: string;
  readonly rootVersion: number;
}

/** CKA_LABEL of a root key, e.g. `trent/us-east-1/v1/wrap/hmac`. */
export function rootKeyLabel({ region, rootVersion }: RootSetName, role: RootRole): string {
  return `trent/${region}/v${String(rootVersion)}/${role}`;
}

const locked = { token: false, sensitive: true, extractable: false, copyable: false, modifiable: false } as const;
const secret = {
  class: CKO.SECRET_KEY,
  encrypt: false,
  decrypt: false,
  sign: false,
  verify: false,
  wrap: false,
  unwrap: false,
  derive: false,
} as const;
const privateKey = { class: CKO.PRIVATE_KEY, signRecover: false } as const;

/**
 * What an unwrapped backing key of a class must be: the CKA_UNWRAP_TEMPLATE of its wrapping key. C_UnwrapKey must
 * repeat every attribute with this value, and may add what is not named here (CKA_PRIVATE; of RSA whether it signs
 * or decrypts, of EC whether it signs or derives, of post-quantum keys their type and purpose, of import keys whether they unwrap or decrypt).
 */
export function pinnedTemplate(keyClass: KeyClass, profile: CryptoProfile): Template {
  const derive = { ...secret, ...locked, keyType: CKK.AES, derive: true, allowedMechanisms: [kdfMechanisms[profile.kdf]] };
  switch (keyClass) {
    case 'aes-derive':
    case 'system':
      return derive;
    case 'hmac':
      return { ...secret, ...locked, keyType: CKK.GENERIC_SECRET, sign: true, verify: true };
    case 'rsa':
      return { ...privateKey, ...locked, keyType: CKK.RSA, unwrap: false, derive: false };
    case 'ec':
      return { ...privateKey, ...locked, keyType: CKK.EC, unwrap: false, decrypt: false };
    case 'edwards':
      return { ...privateKey, ...locked, keyType: CKK.EC_EDWARDS, unwrap: false, decrypt: false, derive: false, sign: true };
    case 'post-quantum':
      // ML-DSA signs, ML-KEM decapsulates: type and purpose are the caller's, as private, sensitive and not extractable is pinned.
      return { ...privateKey, ...locked, unwrap: false, decrypt: false, derive: false };
    case 'import':
      return { ...privateKey, ...locked, keyType: CKK.RSA, sign: false, derive: false };
  }
}

/** For which module, and whether for the token or, in attacks, for a session. */
export interface RootKeyOptions {
  readonly dialect: Dialect;
  readonly profile: CryptoProfile;
  readonly token: boolean;
}

/** Attributes that defend a key, by what a module must be able to do with them. */
const defences = {
  'pinned-unwrap': ['unwrapTemplate'],
  'allowed-mechanisms': ['allowedMechanisms'],
  'immutable-objects': ['copyable', 'modifiable'],
} as const satisfies Partial<Record<Capability, readonly AttributeName[]>>;

/** The template without what the module would store and not apply; some modules store it wrongly. */
function withoutVain(template: Template, dialect: Dialect): Template {
  const vain: string[] = Object.entries(defences).flatMap(([capability, names]) =>
    supports(dialect, capability as Capability) ? [] : names,
  );
  if (template.keyType === CKK.EC && !supports(dialect, 'ec-derive-flag')) vain.push('derive');
  return Object.fromEntries(Object.entries(template).filter(([name]) => !vain.includes(name)));
}

/** The final template of a root key, for the C_UnwrapKey that puts it into a token (or, for attacks, a session). */
export function rootKeyTemplate(role: RootRole, name: RootSetName, options: RootKeyOptions): Template {
  return withoutVain(wholeRootKeyTemplate(role, name, options), options.dialect);
}

function wholeRootKeyTemplate(role: RootRole, name: RootSetName, options: RootKeyOptions): Template {
  const common = { ...locked, token: options.token, private: true, label: rootKeyLabel(name, role) };
  switch (role) {
    case 'binding':
    case 'permit':
      return {
        ...secret,
        ...common,
        keyType: CKK.GENERIC_SECRET,
        sign: true,
        verify: true,
        allowedMechanisms: [CKM.SHA256_HMAC],
      };
    case 'digest-signing':
      return {
        ...privateKey,
        ...common,
        keyType: CKK.EC,
        sign: true,
        decrypt: false,
        unwrap: false,
        derive: false,
        allowedMechanisms: [CKM.ECDSA],
      };
    default:
      return {
        ...secret,
        ...common,
        keyType: CKK.AES,
        wrap: true,
        unwrap: true,
        allowedMechanisms: [options.dialect.kwp],
        unwrapTemplate: pinnedTemplate(role.slice('wrap/'.length) as KeyClass, options.profile),
      };
  }
}
