import { describe, expect, test } from '@jest/globals';
import { kms, type authorize } from '@trent/contracts';
import { lateRules } from './late-rules.ts';

const rsa = [{ keySpec: 'RSA_2048' } as authorize.ResolvedKey];
const ec = [{ keySpec: 'ECC_NIST_P256' } as authorize.ResolvedKey];
const OAEP = kms.EncryptionAlgorithm.ENCRYPTION_ALGORITHM_RSAES_OAEP_SHA_1;
const ECDSA = kms.SigningAlgorithm.SIGNING_ALGORITHM_ECDSA_SHA_256;
const DIGEST = kms.MessageType.MESSAGE_TYPE_DIGEST;

describe('lengths, judged when the key is known', () => {
  test.each([
    ['kms.Encrypt', { encryptionAlgorithm: OAEP, plaintext: Buffer.alloc(214) }, rsa],
    ['kms.Encrypt', { plaintext: Buffer.alloc(4096) }, [{ keySpec: 'SYMMETRIC_DEFAULT' } as authorize.ResolvedKey]],
    ['kms.Sign', { signingAlgorithm: ECDSA, message: Buffer.alloc(4096) }, ec],
    ['kms.Sign', { signingAlgorithm: ECDSA, messageType: DIGEST, message: Buffer.alloc(32) }, ec],
  ] as const)('%s: what fits passes', (name, message, keys) => {
    expect(() => lateRules[name]?.(message, keys)).not.toThrow();
  });

  test.each([
    [
      'kms.Encrypt',
      { encryptionAlgorithm: OAEP, plaintext: Buffer.alloc(215) },
      rsa,
      'Algorithm RSAES_OAEP_SHA_1 and key spec RSA_2048 cannot encrypt data larger than 214 bytes.',
    ],
    [
      'kms.Verify',
      { signingAlgorithm: ECDSA, messageType: DIGEST, message: Buffer.alloc(33) },
      ec,
      'Digest is invalid length for algorithm ECDSA_SHA_256.',
    ],
    [
      'kms.Sign',
      { signingAlgorithm: ECDSA, messageType: kms.MessageType.MESSAGE_TYPE_EXTERNAL_MU, message: Buffer.alloc(64) },
      ec,
      'Message type EXTERNAL_MU is not supported for algorithm ECDSA_SHA_256.',
    ],
  ] as const)('%s: what does not fit is invalid', (name, message, keys, text) => {
    expect(() => lateRules[name]?.(message, keys)).toThrow(expect.objectContaining({ code: 'ValidationException', message: text }));
  });
});
