import { generateKeyPair, type ED25519KeyPairOptions } from 'node:crypto';
import { promisify } from 'node:util';
import { kms } from '@trent/contracts';
import { fail } from '@trent/errors';

/** A key pair that leaves Trent: both halves DER. */
export interface KeyPair {
  /** PrivateKeyInfo (RFC 5958), not encrypted; the caller wipes it. */
  readonly privateKey: Buffer;
  /** SubjectPublicKeyInfo (RFC 5280 §4.1). */
  readonly publicKey: Buffer;
}

const { DataKeyPairSpec: Spec } = kms;
const generate = promisify(generateKeyPair);
const encodings: ED25519KeyPairOptions<'der', 'der'> = {
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'der' },
};
/** F4, as AWS's pairs have it. */
const PUBLIC_EXPONENT = 0x10001;

const rsaBits = new Map<kms.DataKeyPairSpec, number>([
  [Spec.DATA_KEY_PAIR_SPEC_RSA_2048, 2048],
  [Spec.DATA_KEY_PAIR_SPEC_RSA_3072, 3072],
  [Spec.DATA_KEY_PAIR_SPEC_RSA_4096, 4096],
]);

const makers = new Map<kms.DataKeyPairSpec, () => Promise<KeyPair>>([
  [Spec.DATA_KEY_PAIR_SPEC_ECC_NIST_P256, () => generate('ec', { namedCurve: 'P-256', ...encodings })],
  [Spec.DATA_KEY_PAIR_SPEC_ECC_NIST_P384, () => generate('ec', { namedCurve: 'P-384', ...encodings })],
  [Spec.DATA_KEY_PAIR_SPEC_ECC_NIST_P521, () => generate('ec', { namedCurve: 'P-521', ...encodings })],
  [Spec.DATA_KEY_PAIR_SPEC_ECC_SECG_P256K1, () => generate('ec', { namedCurve: 'secp256k1', ...encodings })],
  [Spec.DATA_KEY_PAIR_SPEC_ECC_NIST_EDWARDS25519, () => generate('ed25519', encodings)],
  [Spec.DATA_KEY_PAIR_SPEC_ML_KEM_512, async () => seedForm(await generate('ml-kem-512', encodings))],
  [Spec.DATA_KEY_PAIR_SPEC_ML_KEM_768, async () => seedForm(await generate('ml-kem-768', encodings))],
  [Spec.DATA_KEY_PAIR_SPEC_ML_KEM_1024, async () => seedForm(await generate('ml-kem-1024', encodings))],
]);

/** Whether pairs of the spec take seconds (RSA) or milliseconds to make. */
export function takesSeconds(spec: kms.DataKeyPairSpec): boolean {
  return rsaBits.has(spec);
}

/**
 * Makes a pair on libuv's threads, by OpenSSL's generator, which the kernel seeds (getrandom(2)). Such pairs are made to leave: no token is asked
 * for them, since a token's pairs come out of it only wrapped, and not of every spec.
 * @throws UnsupportedOperationException for SM2, which AWS has in the China Regions alone
 */
export async function makeKeyPair(spec: kms.DataKeyPairSpec): Promise<KeyPair> {
  const modulusLength = rsaBits.get(spec);
  if (modulusLength !== undefined) return generate('rsa', { modulusLength, publicExponent: PUBLIC_EXPONENT, ...encodings });
  const make = makers.get(spec) ?? fail('UnsupportedOperationException', 'KeyPairSpec SM2 is not served.');
  return make();
}

const SEED_BYTES = 64;
/** OIDs of ML-KEM in DER: 2.16.840.1.101.3.4.4, and one byte more for the parameter set (FIPS 203's page at csrc.nist.gov). */
const ML_KEM_OID = Buffer.from('06096086480165030404', 'hex');
/** OCTET STRING of 64 bytes: the seed in the form `both`, which is how OpenSSL writes the key (RFC 9935 §6). */
const SEED_IN_BOTH = Buffer.from([0x04, SEED_BYTES]);

/**
 * A pair with its private half in seed form, as AWS gives ML-KEM pairs, so that one length fits all sets (RFC 9935 §6):
 * SEQUENCE { INTEGER 0, SEQUENCE { OID }, OCTET STRING { [0] seed } }.
 */
function seedForm({ privateKey: both, publicKey }: KeyPair): KeyPair {
  const oidAt = both.indexOf(ML_KEM_OID);
  const seedAt = both.indexOf(SEED_IN_BOTH, oidAt) + SEED_IN_BOTH.length;
  const seed = both.subarray(seedAt, seedAt + SEED_BYTES);
  const oid = both.subarray(oidAt, oidAt + ML_KEM_OID.length + 1);
  const body = [Buffer.from([0x02, 0x01, 0x00, 0x30, oid.length]), oid, Buffer.from([0x04, SEED_BYTES + 2, 0x80, SEED_BYTES]), seed];
  const length = body.reduce((sum, part) => sum + part.length, 0);
  const privateKey = Buffer.concat([Buffer.from([0x30, length]), ...body]);
  both.fill(0);
  return { privateKey, publicKey };
}
