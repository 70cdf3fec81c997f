import type { KeyClass } from '@trent/key-token';

import type { Algorithm, KeySpec, KeyUsage } from './names.ts';

/** Everything the code needs to know of a key spec: one row says all. */
export interface KeySpecRow {
  /** Symmetric, HMAC or asymmetric: aliases may move only inside one kind. */
  readonly kind: 'symmetric' | 'hmac' | 'asymmetric';
  /** Which wrapping key of the root set wraps its backing keys. */
  readonly keyClass: KeyClass;
  /** Usages that it can have, and for each the algorithms in the order in which DescribeKey lists them. */
  readonly algorithms: Readonly<Partial<Record<KeyUsage, readonly Algorithm[]>>>;
  /** Origin EXTERNAL is possible. */
  readonly importable: boolean;
  /** GenerateDataKeyPair makes such pairs. */
  readonly dataKeyPair: boolean;
  /** Member of the deprecated CustomerMasterKeySpec. */
  readonly isCustomerMasterKeySpec: boolean;
  /** Offered by AWS in the China Regions alone. */
  readonly chinaOnly?: true;
  /** RSA: bytes of the modulus, which is the length of ciphertexts and signatures. */
  readonly modulusBytes?: number;
  /** HMAC and AES: bytes of the key material. */
  readonly materialBytes?: number;
  /** Elliptic curves: bytes of a coordinate, which is the length of an ECDH shared secret. */
  readonly coordinateBytes?: number;
  /** ML-KEM: bytes of an encapsulated secret (FIPS 203, table 3). */
  readonly encapsulationBytes?: number;
}

const rsaAlgorithms = {
  ENCRYPT_DECRYPT: ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'],
  SIGN_VERIFY: [
    'RSASSA_PKCS1_V1_5_SHA_256',
    'RSASSA_PKCS1_V1_5_SHA_384',
    'RSASSA_PKCS1_V1_5_SHA_512',
    'RSASSA_PSS_SHA_256',
    'RSASSA_PSS_SHA_384',
    'RSASSA_PSS_SHA_512',
  ],
} as const satisfies KeySpecRow['algorithms'];

const asymmetric = { kind: 'asymmetric', importable: true, dataKeyPair: true, isCustomerMasterKeySpec: true } as const;
const rsa = { ...asymmetric, keyClass: 'rsa', algorithms: rsaAlgorithms } as const;
const ec = { ...asymmetric, keyClass: 'ec' } as const;
const hmac = { kind: 'hmac', keyClass: 'hmac', importable: true, dataKeyPair: false, isCustomerMasterKeySpec: true } as const;
const postQuantum = { ...asymmetric, keyClass: 'post-quantum', importable: false, isCustomerMasterKeySpec: false } as const;
const mlDsa = { ...postQuantum, dataKeyPair: false, algorithms: { SIGN_VERIFY: ['ML_DSA_SHAKE_256'] } } as const;
const mlKem = { ...postQuantum, algorithms: { ENCAPSULATE_DECAPSULATE: ['ML_KEM'] } } as const;

/** Developer guide, "Key spec reference" and "Special-purpose keys"; every spec can be multi-Region. */
export const keySpecs: Readonly<Record<KeySpec, KeySpecRow>> = {
  SYMMETRIC_DEFAULT: {
    kind: 'symmetric',
    keyClass: 'aes-derive',
    algorithms: { ENCRYPT_DECRYPT: ['SYMMETRIC_DEFAULT'] },
    importable: true,
    dataKeyPair: false,
    isCustomerMasterKeySpec: true,
    materialBytes: 32,
  },
  RSA_2048: { ...rsa, modulusBytes: 256 },
  RSA_3072: { ...rsa, modulusBytes: 384 },
  RSA_4096: { ...rsa, modulusBytes: 512 },
  ECC_NIST_P256: { ...ec, algorithms: { SIGN_VERIFY: ['ECDSA_SHA_256'], KEY_AGREEMENT: ['ECDH'] }, coordinateBytes: 32 },
  ECC_NIST_P384: { ...ec, algorithms: { SIGN_VERIFY: ['ECDSA_SHA_384'], KEY_AGREEMENT: ['ECDH'] }, coordinateBytes: 48 },
  ECC_NIST_P521: { ...ec, algorithms: { SIGN_VERIFY: ['ECDSA_SHA_512'], KEY_AGREEMENT: ['ECDH'] }, coordinateBytes: 66 },
  ECC_SECG_P256K1: { ...ec, algorithms: { SIGN_VERIFY: ['ECDSA_SHA_256'] }, coordinateBytes: 32 },
  ECC_NIST_EDWARDS25519: {
    ...asymmetric,
    keyClass: 'edwards',
    algorithms: { SIGN_VERIFY: ['ED25519_SHA_512', 'ED25519_PH_SHA_512'] },
    isCustomerMasterKeySpec: false,
  },
  SM2: {
    ...ec,
    algorithms: { ENCRYPT_DECRYPT: ['SM2PKE'], SIGN_VERIFY: ['SM2DSA'], KEY_AGREEMENT: ['ECDH'] },
    coordinateBytes: 32,
    chinaOnly: true,
  },
  HMAC_224: { ...hmac, algorithms: { GENERATE_VERIFY_MAC: ['HMAC_SHA_224'] }, materialBytes: 28 },
  HMAC_256: { ...hmac, algorithms: { GENERATE_VERIFY_MAC: ['HMAC_SHA_256'] }, materialBytes: 32 },
  HMAC_384: { ...hmac, algorithms: { GENERATE_VERIFY_MAC: ['HMAC_SHA_384'] }, materialBytes: 48 },
  HMAC_512: { ...hmac, algorithms: { GENERATE_VERIFY_MAC: ['HMAC_SHA_512'] }, materialBytes: 64 },
  ML_DSA_44: mlDsa,
  ML_DSA_65: mlDsa,
  ML_DSA_87: mlDsa,
  ML_KEM_512: { ...mlKem, encapsulationBytes: 768 },
  ML_KEM_768: { ...mlKem, encapsulationBytes: 1088 },
  ML_KEM_1024: { ...mlKem, encapsulationBytes: 1568 },
};

const NONE: readonly Algorithm[] = [];

/** Algorithms of a key with this spec and usage, in DescribeKey's order; none if the two don't go together. */
export function algorithmsOf(spec: KeySpec, usage: KeyUsage): readonly Algorithm[] {
  return keySpecs[spec].algorithms[usage] ?? NONE;
}

/** True if a key of this spec can have this usage. */
export function isCompatible(spec: KeySpec, usage: KeyUsage): boolean {
  return keySpecs[spec].algorithms[usage] !== undefined;
}

/** Class of the backing keys of a spec: which wrapping key wraps them. */
export function keyClassOf(spec: KeySpec): KeyClass {
  return keySpecs[spec].keyClass;
}

/** Automatic rotation is for symmetric encryption keys whose material the service made (developer guide, "Rotate AWS KMS keys"). */
export function mayRotateAutomatically(spec: KeySpec, origin: string): boolean {
  return spec === 'SYMMETRIC_DEFAULT' && origin === 'AWS_KMS';
}
