import { describe, expect, test } from '@jest/globals';

import {
  checkMessage,
  checkPlaintextLength,
  ENCRYPTION_ALGORITHMS,
  KEY_SPECS,
  MAC_ALGORITHMS,
  macBytes,
  maxPlaintextBytes,
  MESSAGE_TYPES,
  SIGNING_ALGORITHMS,
} from './index.ts';
import type { MessageType, SigningAlgorithm } from './index.ts';

describe('longest plaintext', () => {
  const limits: Record<string, number> = {
    'SYMMETRIC_DEFAULT SYMMETRIC_DEFAULT': 4096,
    'RSA_2048 RSAES_OAEP_SHA_1': 214,
    'RSA_3072 RSAES_OAEP_SHA_1': 342,
    'RSA_4096 RSAES_OAEP_SHA_1': 470,
    'RSA_2048 RSAES_OAEP_SHA_256': 190,
    'RSA_3072 RSAES_OAEP_SHA_256': 318,
    'RSA_4096 RSAES_OAEP_SHA_256': 446,
    'SM2 SM2PKE': 1024,
  };
  const pairs = KEY_SPECS.flatMap((spec) => ENCRYPTION_ALGORITHMS.map((algorithm) => [spec, algorithm] as const));
  test.each(pairs)('%s with %s', (spec, algorithm) => {
    const limit = limits[`${spec} ${algorithm}`] ?? 0;
    expect(maxPlaintextBytes(spec, algorithm)).toBe(limit);
    checkPlaintextLength(spec, algorithm, limit);
    expect(() => {
      checkPlaintextLength(spec, algorithm, limit + 1);
    }).toThrow(
      expect.objectContaining({
        code: 'ValidationException',
        message: `Algorithm ${algorithm} and key spec ${spec} cannot encrypt data larger than ${String(limit)} bytes.`,
      }),
    );
  });
});

describe('message of a signature', () => {
  const digests: Partial<Record<SigningAlgorithm, number>> = { ED25519_PH_SHA_512: 64, SM2DSA: 32 };
  const digestBytes = (algorithm: SigningAlgorithm): number => digests[algorithm] ?? Number(algorithm.slice(-3)) / 8;
  const takes = (algorithm: SigningAlgorithm, type: MessageType): boolean => {
    if (type === 'EXTERNAL_MU') return algorithm === 'ML_DSA_SHAKE_256';
    if (type === 'RAW') return algorithm !== 'ED25519_PH_SHA_512';
    return algorithm !== 'ML_DSA_SHAKE_256' && algorithm !== 'ED25519_SHA_512';
  };
  const lengthOf = (algorithm: SigningAlgorithm, type: MessageType): number =>
    type === 'RAW' ? 5 : type === 'DIGEST' ? digestBytes(algorithm) : 64;
  const check = (algorithm: SigningAlgorithm, type: MessageType, length: number) => (): void => {
    checkMessage(algorithm, type, length);
  };

  const pairs = SIGNING_ALGORITHMS.flatMap((algorithm) => MESSAGE_TYPES.map((type) => [algorithm, type] as const));
  test.each(pairs)('%s of a %s message', (algorithm, type) => {
    const act = check(algorithm, type, lengthOf(algorithm, type));
    if (takes(algorithm, type)) act();
    else
      expect(act).toThrow(
        expect.objectContaining({
          code: 'ValidationException',
          message: `Message type ${type} is not supported for algorithm ${algorithm}.`,
        }),
      );
  });

  test.each(SIGNING_ALGORITHMS.filter((algorithm) => takes(algorithm, 'DIGEST')))('%s refuses a digest of another length', (algorithm) => {
    for (const wrong of [0, 20, digestBytes(algorithm) - 1, digestBytes(algorithm) + 1]) {
      expect(check(algorithm, 'DIGEST', wrong)).toThrow(
        expect.objectContaining({ code: 'ValidationException', message: `Digest is invalid length for algorithm ${algorithm}.` }),
      );
    }
  });

  test('an external µ has 64 bytes', () => {
    expect(check('ML_DSA_SHAKE_256', 'EXTERNAL_MU', 63)).toThrow(expect.objectContaining({ code: 'ValidationException' }));
  });
});

test.each(MAC_ALGORITHMS)('a MAC of %s is as long as its hash', (algorithm) => {
  expect(macBytes[algorithm]).toBe(Number(algorithm.slice(-3)) / 8);
});
