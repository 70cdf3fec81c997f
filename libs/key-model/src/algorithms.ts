import { fail } from '@trent/errors';

import { algorithmsOf, keySpecs } from './key-specs.ts';
import type { EncryptionAlgorithm, KeySpec, MacAlgorithm, MessageType, SigningAlgorithm } from './names.ts';

/** Longest message that Sign, Verify, GenerateMac and VerifyMac take, and longest plaintext of a symmetric key. */
export const MAX_MESSAGE_BYTES = 4096;
/** Longest plaintext of SM2PKE (API reference, Encrypt). */
const MAX_SM2_PLAINTEXT_BYTES = 1024;
/** External µ of ML-DSA: SHAKE256 with 64 bytes of output (FIPS 204, algorithm 7, line 6). */
const MU_BYTES = 64;

const OAEP_HASH_BYTES: Readonly<Partial<Record<EncryptionAlgorithm, number>>> = { RSAES_OAEP_SHA_1: 20, RSAES_OAEP_SHA_256: 32 };

/** What Sign and Verify must know of a signing algorithm. */
export interface SigningAlgorithmRow {
  /** Types of message it takes. */
  readonly messageTypes: readonly MessageType[];
  /** Bytes of a DIGEST, where it takes one. */
  readonly digestBytes?: number;
  /** Node's name of the hash with which a RAW message is hashed before the token signs; none where the algorithm hashes by itself. */
  readonly hash?: 'sha256' | 'sha384' | 'sha512' | 'sm3';
}

const sha256 = { messageTypes: ['RAW', 'DIGEST'], digestBytes: 32, hash: 'sha256' } as const;
const sha384 = { messageTypes: ['RAW', 'DIGEST'], digestBytes: 48, hash: 'sha384' } as const;
const sha512 = { messageTypes: ['RAW', 'DIGEST'], digestBytes: 64, hash: 'sha512' } as const;

/** API reference, Sign: MessageType and SigningAlgorithm. */
export const signingAlgorithms: Readonly<Record<SigningAlgorithm, SigningAlgorithmRow>> = {
  RSASSA_PKCS1_V1_5_SHA_256: sha256,
  RSASSA_PKCS1_V1_5_SHA_384: sha384,
  RSASSA_PKCS1_V1_5_SHA_512: sha512,
  RSASSA_PSS_SHA_256: sha256,
  RSASSA_PSS_SHA_384: sha384,
  RSASSA_PSS_SHA_512: sha512,
  ECDSA_SHA_256: sha256,
  ECDSA_SHA_384: sha384,
  ECDSA_SHA_512: sha512,
  ED25519_SHA_512: { messageTypes: ['RAW'] },
  ED25519_PH_SHA_512: { messageTypes: ['DIGEST'], digestBytes: 64 },
  SM2DSA: { messageTypes: ['RAW', 'DIGEST'], digestBytes: 32, hash: 'sm3' },
  ML_DSA_SHAKE_256: { messageTypes: ['RAW', 'EXTERNAL_MU'] },
};

/** Bytes of a MAC (RFC 4231: as long as the hash). */
export const macBytes: Readonly<Record<MacAlgorithm, number>> = { HMAC_SHA_224: 28, HMAC_SHA_256: 32, HMAC_SHA_384: 48, HMAC_SHA_512: 64 };

/**
 * Longest plaintext of an algorithm under a spec; 0 if the two don't go together. OAEP: k − 2·hLen − 2 (RFC 8017 §7.1.1).
 */
export function maxPlaintextBytes(spec: KeySpec, algorithm: EncryptionAlgorithm): number {
  if (!algorithmsOf(spec, 'ENCRYPT_DECRYPT').includes(algorithm)) return 0;
  if (algorithm === 'SYMMETRIC_DEFAULT') return MAX_MESSAGE_BYTES;
  const hashBytes = OAEP_HASH_BYTES[algorithm];
  const modulusBytes = keySpecs[spec].modulusBytes;
  return hashBytes === undefined || modulusBytes === undefined ? MAX_SM2_PLAINTEXT_BYTES : modulusBytes - 2 * hashBytes - 2;
}

/**
 * @param lengthBytes length of the plaintext to encrypt
 * @throws {TrentError} ValidationException if the key cannot encrypt that much in one go
 */
export function checkPlaintextLength(spec: KeySpec, algorithm: EncryptionAlgorithm, lengthBytes: number): void {
  const max = maxPlaintextBytes(spec, algorithm);
  if (lengthBytes > max) {
    fail('ValidationException', `Algorithm ${algorithm} and key spec ${spec} cannot encrypt data larger than ${String(max)} bytes.`);
  }
}

/**
 * Checks type and length of a message against its signing algorithm.
 * @throws {TrentError} ValidationException
 */
export function checkMessage(algorithm: SigningAlgorithm, messageType: MessageType, lengthBytes: number): void {
  const row = signingAlgorithms[algorithm];
  if (!row.messageTypes.includes(messageType)) {
    fail('ValidationException', `Message type ${messageType} is not supported for algorithm ${algorithm}.`);
  }
  if (messageType === 'DIGEST' && lengthBytes !== row.digestBytes) {
    fail('ValidationException', `Digest is invalid length for algorithm ${algorithm}.`);
  }
  if (messageType === 'EXTERNAL_MU' && lengthBytes !== MU_BYTES) {
    fail('ValidationException', `External mu is invalid length for algorithm ${algorithm}.`);
  }
}
