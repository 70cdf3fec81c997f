import { hash } from 'node:crypto';
import { fail } from '@trent/errors';
import { keySpecs, signingAlgorithms, type KeySpec, type MessageType, type SigningAlgorithm } from '@trent/key-model';
import { CKM, eddsaPrehash, plain, pss, supports, type Capability, type Dialect, type Mechanism } from '@trent/pkcs11';
import { derOfSignature, rawOfSignature } from './der.ts';

/** What the token signs, with which mechanism, and how its answer looks outside. */
export interface SigningForm {
  readonly mechanism: Mechanism;
  /** Bytes for the token, from the digest or, where the algorithm hashes by itself, the message. */
  readonly input: (digest: Buffer) => Buffer;
  readonly encode: (raw: Buffer, spec: KeySpec) => Buffer;
  /** The token's form of a signature; undefined: it cannot be one. */
  readonly decode: (signature: Buffer, spec: KeySpec) => Buffer | undefined;
}

const same = (bytes: Buffer): Buffer => bytes;

/** DigestInfo up to the digest, DER (RFC 8017 §9.2, note 1). */
const DIGEST_INFO = {
  sha256: Buffer.from('3031300d060960864801650304020105000420', 'hex'),
  sha384: Buffer.from('3041300d060960864801650304020205000430', 'hex'),
  sha512: Buffer.from('3051300d060960864801650304020305000440', 'hex'),
} as const;

function pkcs1(name: keyof typeof DIGEST_INFO): SigningForm {
  const input = (digest: Buffer): Buffer => Buffer.concat([DIGEST_INFO[name], digest]);
  return { mechanism: plain(CKM.RSA_PKCS), input, encode: same, decode: same };
}

function rsaPss(name: 'SHA-256' | 'SHA-384' | 'SHA-512'): SigningForm {
  return { mechanism: pss(name), input: same, encode: same, decode: same };
}

const ecdsa: SigningForm = {
  mechanism: plain(CKM.ECDSA),
  input: same,
  encode: derOfSignature,
  decode: (signature, spec) => rawOfSignature(signature, keySpecs[spec].coordinateBytes ?? 0),
};

/** RFC 8032 §5.1.6: R ‖ S. */
const ED25519_SIGNATURE_BYTES = 64;

/** Some modules take a signature of another length for an error of the caller. */
function ed25519(mechanism: Mechanism): SigningForm {
  const decode = (signature: Buffer): Buffer | undefined => (signature.length === ED25519_SIGNATURE_BYTES ? signature : undefined);
  return { mechanism, input: same, encode: same, decode };
}

/** API reference, Sign; kms-api §3.4. SM2DSA is not here: no module carries it. */
const forms: Readonly<Partial<Record<SigningAlgorithm, SigningForm>>> = {
  RSASSA_PKCS1_V1_5_SHA_256: pkcs1('sha256'),
  RSASSA_PKCS1_V1_5_SHA_384: pkcs1('sha384'),
  RSASSA_PKCS1_V1_5_SHA_512: pkcs1('sha512'),
  RSASSA_PSS_SHA_256: rsaPss('SHA-256'),
  RSASSA_PSS_SHA_384: rsaPss('SHA-384'),
  RSASSA_PSS_SHA_512: rsaPss('SHA-512'),
  ECDSA_SHA_256: ecdsa,
  ECDSA_SHA_384: ecdsa,
  ECDSA_SHA_512: ecdsa,
  ML_DSA_SHAKE_256: { mechanism: plain(CKM.ML_DSA), input: same, encode: same, decode: same },
  ED25519_SHA_512: ed25519(plain(CKM.EDDSA)),
  ED25519_PH_SHA_512: ed25519(eddsaPrehash()),
};

/** What only some modules with keys of the spec can do. */
const capabilities: Readonly<Partial<Record<SigningAlgorithm, Capability>>> = { ED25519_PH_SHA_512: 'eddsa-prehash' };

/**
 * @param dialect of the module that is to sign or verify
 * @throws UnsupportedOperationException for what the module, or PKCS#11, has no mechanism for
 */
export function signingForm(algorithm: SigningAlgorithm, messageType: MessageType, dialect: Dialect): SigningForm {
  if (messageType === 'EXTERNAL_MU') {
    return fail(
      'UnsupportedOperationException',
      `Message type ${messageType} is not served: PKCS#11 3.2 signs with ML-DSA whole messages only.`,
    );
  }
  const needs = capabilities[algorithm];
  const form = needs !== undefined && !supports(dialect, needs) ? undefined : forms[algorithm];
  return (
    form ??
    fail(
      'UnsupportedOperationException',
      `Algorithm ${algorithm} is not served: the HSM's module (${dialect.name}) has no mechanism for it.`,
    )
  );
}

/** What the token is given of a message: its hash for RAW, the caller's digest for DIGEST; RAW itself where the algorithm hashes. */
export function digestOf(algorithm: SigningAlgorithm, messageType: MessageType, message: Buffer): Buffer {
  const name = signingAlgorithms[algorithm].hash;
  return messageType === 'RAW' && name !== undefined ? hash(name, message, 'buffer') : message;
}
