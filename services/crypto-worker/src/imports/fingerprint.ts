import { fail } from '@trent/errors';
import { keyClassOf, keySpecs, type KeySpec } from '@trent/key-model';
import { CKK, CKM, CKO, compileTemplate, ecbEncryptData, plain, type ObjectHandle, type Session } from '@trent/pkcs11';
import { ecPublicKey } from './ec-public-key.ts';
import { ofMaterial } from './of-material.ts';
import { rsaPublicKey } from './rsa-public-key.ts';

/** What symmetric material encrypts and HMAC keys sign, for their fingerprint. Two distinct blocks, unlike any input of the KDF. */
const LABEL = Buffer.from('trent imported-material/v1', 'ascii');
const BLOCKS = Buffer.concat([LABEL, Buffer.alloc(32 - LABEL.length, 0xff)]);

const fingerprintKey = compileTemplate({
  class: CKO.SECRET_KEY,
  keyType: CKK.GENERIC_SECRET,
  valueLength: 32,
  token: false,
  private: false,
  sensitive: true,
  extractable: false,
  sign: true,
});

const MACS: Readonly<Partial<Record<KeySpec, number>>> = {
  HMAC_224: CKM.SHA224_HMAC,
  HMAC_256: CKM.SHA256_HMAC,
  HMAC_384: CKM.SHA384_HMAC,
  HMAC_512: CKM.SHA512_HMAC,
};

/** What is known of material without its having left the token. */
export interface Fingerprint {
  /** The same for the same material alone; it does not give the material away. */
  readonly bytes: Buffer;
  /** SubjectPublicKeyInfo, DER; of private keys. */
  readonly publicKey?: Buffer;
}

/**
 * Judges material inside the token against the key's spec and takes its fingerprint: of private keys the public key, of HMAC keys a MAC, of
 * symmetric keys a MAC by a key derived from them.
 * @param wrappedBytes length of the material's KWP form, which tells its length in steps of eight (RFC 5649 §3)
 * @throws IncorrectKeyMaterialException for a key of another size, curve or kind, or that does not work
 */
export async function fingerprintOf(session: Session, handle: ObjectHandle, spec: KeySpec, wrappedBytes: number): Promise<Fingerprint> {
  switch (keyClassOf(spec)) {
    case 'aes-derive':
      checkSecretLength(session, handle, spec, wrappedBytes);
      return { bytes: await derivedMac(session, handle) };
    case 'hmac':
      checkSecretLength(session, handle, spec, wrappedBytes);
      return { bytes: await ownMac(session, handle, spec) };
    case 'rsa':
      return publicFingerprint(await rsaPublicKey(session, handle, keySpecs[spec].modulusBytes ?? 0));
    case 'ec':
      return publicFingerprint(await ecPublicKey(session, handle, spec));
    default:
      return fail('UnsupportedOperationException', `KeySpec ${spec} is not supported by the HSM.`);
  }
}

function publicFingerprint(publicKey: Buffer): Fingerprint {
  return { bytes: publicKey, publicKey };
}

/** SoftHSM says 0 for the length of what it unwrapped: there, the wrapped form and the mechanisms' own bounds decide. */
function checkSecretLength(session: Session, handle: ObjectHandle, spec: KeySpec, wrappedBytes: number): void {
  const wanted = keySpecs[spec].materialBytes ?? 0;
  const { valueLength = 0 } = session.getAttributes(handle, ['valueLength']);
  const isRight = (valueLength === 0 || valueLength === wanted) && wrappedBytes === 8 + 8 * Math.ceil(wanted / 8);
  if (!isRight) fail('IncorrectKeyMaterialException');
}

async function derivedMac(session: Session, handle: ObjectHandle): Promise<Buffer> {
  const derived = await ofMaterial(() => session.onPool.deriveKey(ecbEncryptData(BLOCKS), handle, fingerprintKey));
  try {
    return session.sign(plain(CKM.SHA256_HMAC), derived, LABEL);
  } finally {
    session.destroyObject(derived);
  }
}

function ownMac(session: Session, handle: ObjectHandle, spec: KeySpec): Promise<Buffer> {
  const mechanism = plain(MACS[spec] ?? fail('KMSInternalException'));
  return ofMaterial(() => session.onPool.sign(mechanism, handle, LABEL));
}
