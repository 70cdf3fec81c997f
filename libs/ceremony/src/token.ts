import { CKK, CKM, CKO, CKU, CURVES, missingFromToken, plain } from '@trent/pkcs11';
import type { CryptoProfile, Module, ObjectHandle, RootRole, Session, Template, TokenInfo } from '@trent/pkcs11';
import type { SecretBytes } from '@trent/secret-bytes';
import { reveal } from '@trent/secret-bytes/reveal';
import { refuse } from './ceremony-error.ts';

/** A token with a read-write session in which its user is logged in. */
export interface CeremonyToken {
  readonly module: Module;
  readonly session: Session;
  readonly info: TokenInfo;
}

/** Opens a token by its label and logs the user in. */
export function openToken(module: Module, label: string, pin: Uint8Array): CeremonyToken {
  const info = module.findToken(label);
  if (info === undefined) refuse('wrong-token', `there is no token with the label ${label}`);
  const session = module.openSession(info.slot, { readWrite: true });
  session.login(CKU.USER, pin);
  return { module, session, info };
}

/** Refuses a token that lacks a part of the profile, naming the part. */
export function checkProfile(token: CeremonyToken, profile: Readonly<Record<keyof CryptoProfile, string>>): CryptoProfile {
  const missing = missingFromToken(token.session, token.module.dialect, profile as CryptoProfile);
  if (missing.length === 0) return profile as CryptoProfile;
  return refuse('token-lacks-profile', `the token ${token.info.label} lacks ${missing.join('; ')}`);
}

/** Puts the KEK into the session for one purpose, as a key that cannot be read back. The caller destroys it. */
export function importKek(token: CeremonyToken, kek: SecretBytes, purpose: 'wrap' | 'unwrap'): ObjectHandle {
  return token.session.createObject({
    ...{ class: CKO.SECRET_KEY, keyType: CKK.AES, token: false, private: true, value: reveal(kek) },
    ...{ sensitive: true, extractable: false, wrap: purpose === 'wrap', unwrap: purpose === 'unwrap' },
    ...{ encrypt: false, decrypt: false, sign: false, verify: false, derive: false, copyable: false },
    allowedMechanisms: [token.module.dialect.kwp],
    modifiable: false,
  });
}

const passing: Template = { token: false, private: true, sensitive: true, extractable: true };

/** A fresh root key, wrapped by the KEK and gone from the token again; of the pair also the public half (SPKI). */
export function makeWrappedKey(token: CeremonyToken, kek: ObjectHandle, role: RootRole): { wrapped: Buffer; publicKey?: Buffer } {
  const { session, module } = token;
  const { key, publicKey } =
    role === 'digest-signing' ? generatePair(session) : { key: generateSecret(session, role), publicKey: undefined };
  try {
    const wrapped = session.wrapKey(plain(module.dialect.kwp), kek, key);
    return publicKey === undefined ? { wrapped } : { wrapped, publicKey };
  } finally {
    session.destroyObject(key);
  }
}

function generateSecret(session: Session, role: RootRole): ObjectHandle {
  const isMac = role === 'binding' || role === 'permit';
  return session.generateKey(plain(isMac ? CKM.GENERIC_SECRET_KEY_GEN : CKM.AES_KEY_GEN), {
    ...passing,
    class: CKO.SECRET_KEY,
    keyType: isMac ? CKK.GENERIC_SECRET : CKK.AES,
    valueLength: 32,
    ...(isMac ? { sign: true, verify: true } : { wrap: true, unwrap: true }),
  });
}

function generatePair(session: Session): { key: ObjectHandle; publicKey: Buffer } {
  const { publicKey, privateKey } = session.generateKeyPair(
    plain(CKM.EC_KEY_PAIR_GEN),
    { token: false, private: false, verify: true, ecParams: Buffer.from(CURVES['P-256'], 'hex') },
    { ...passing, sign: true },
  );
  const point = session.getAttributes(publicKey, ['ecPoint']).ecPoint;
  session.destroyObject(publicKey);
  return { key: privateKey, publicKey: spkiOfP256(point) };
}

/** SubjectPublicKeyInfo before the point: id-ecPublicKey, secp256r1, BIT STRING (RFC 5480 §2). */
const spkiHead = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex');
const pointBytes = 65;

/** CKA_EC_POINT is a DER OCTET STRING of the uncompressed point; some modules leave the wrapping away. */
function spkiOfP256(point: Uint8Array | undefined): Buffer {
  if (point === undefined || point.length < pointBytes) throw new Error('the token gives no usable CKA_EC_POINT');
  return Buffer.concat([spkiHead, point.subarray(point.length - pointBytes)]);
}
