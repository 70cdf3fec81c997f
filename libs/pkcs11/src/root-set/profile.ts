import { CKK, CKM, CKO } from '../constants.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { isPkcs11Error } from '../errors.ts';
import { ecbEncryptData, plain } from '../mechanism.ts';
import type { Session } from '../session.ts';
import type { Template } from '../template.ts';

/**
 * The cryptography that a root set is made for, fixed at genesis and part of the root package:
 * - `AES-KWP`: backing keys are wrapped by AES key wrap with padding, RFC 5649.
 * - `AES-ECB-ENCRYPT-DATA`: message keys are AES-ECB(backing key, distinct blocks), CKM_AES_ECB_ENCRYPT_DATA.
 * - `COUNTER32-RANDOM64`: the worker gives AES-GCM its IV, 32-bit counter ‖ 64 random bits (SP 800-38D §8.2.1).
 */
export interface CryptoProfile {
  readonly wrapMechanism: 'AES-KWP';
  readonly kdf: 'AES-ECB-ENCRYPT-DATA';
  readonly ivSource: 'COUNTER32-RANDOM64';
}

/** The only profile that Trent knows so far. */
export const defaultProfile: CryptoProfile = {
  wrapMechanism: 'AES-KWP',
  kdf: 'AES-ECB-ENCRYPT-DATA',
  ivSource: 'COUNTER32-RANDOM64',
};

/** Mechanisms that a key derived from may be used with, by KDF. */
export const kdfMechanisms: Readonly<Record<CryptoProfile['kdf'], number>> = {
  'AES-ECB-ENCRYPT-DATA': CKM.AES_ECB_ENCRYPT_DATA,
};

const secretKey: Template = { class: CKO.SECRET_KEY, keyType: CKK.AES, token: false, sensitive: true };

/**
 * Tries each part of the profile on throw-away keys, because a mechanism list says nothing of the parameters that
 * a token accepts (some refuse an IV that is not their own).
 * @returns one line for each part that the token lacks, with the part's name and the token's answer
 */
export function missingFromToken(session: Session, dialect: Dialect, profile: CryptoProfile): string[] {
  const probes: Readonly<Record<keyof CryptoProfile, () => void>> = {
    wrapMechanism: () => probeWrap(session, dialect),
    kdf: () => probeDerive(session),
    ivSource: () => probeGcm(session),
  };
  return (Object.keys(probes) as (keyof CryptoProfile)[]).flatMap((part) => {
    if (profile[part] !== defaultProfile[part]) return [`${part} ${profile[part]}: unknown to this version`];
    try {
      probes[part]();
      return [];
    } catch (error) {
      if (!isPkcs11Error(error)) throw error;
      return [`${part} ${profile[part]}: ${error.message}`];
    }
  });
}

function generate(session: Session, use: Template) {
  return session.generateKey(plain(CKM.AES_KEY_GEN), { ...secretKey, valueLength: 32, extractable: false, ...use });
}

function probeWrap(session: Session, dialect: Dialect): void {
  const kwp = plain(dialect.kwp);
  const wrapping = generate(session, { wrap: true, unwrap: true });
  const key = generate(session, { extractable: true });
  const wrapped = session.wrapKey(kwp, wrapping, key);
  const template = { ...secretKey, extractable: false };
  for (const object of [session.unwrapKey(kwp, wrapping, wrapped, template), wrapping, key]) session.destroyObject(object);
}

function probeDerive(session: Session): void {
  const base = generate(session, { derive: true });
  const derived = session.deriveKey(ecbEncryptData(Buffer.alloc(32, 1)), base, {
    ...secretKey,
    valueLength: 32,
    extractable: false,
    encrypt: true,
    decrypt: true,
  });
  for (const object of [derived, base]) session.destroyObject(object);
}

function probeGcm(session: Session): void {
  const key = generate(session, { encrypt: true, decrypt: true });
  const [iv, additionalData, out] = [Buffer.alloc(12, 1), Buffer.alloc(16, 2), Buffer.alloc(64)];
  const size = session.encryptGcm(key, iv, additionalData, Buffer.alloc(32, 3), out);
  session.decryptGcm(key, iv, additionalData, out.subarray(0, size), Buffer.alloc(64));
  session.destroyObject(key);
}
