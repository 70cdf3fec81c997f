import { fail } from '@trent/errors';

import { algorithmsOf, keySpecs } from './key-specs.ts';
import type { KeySpec, KeyUsage } from './names.ts';

/** What an operation asks of a key. */
interface UsageRow {
  readonly usage: KeyUsage;
  /** Name in the error's text. */
  readonly shown: string;
  /** Algorithm that the operation means when the request names none. */
  readonly byDefault?: 'SYMMETRIC_DEFAULT';
  /** The key was meant to fit a ciphertext: another usage means a wrong key. */
  readonly decrypts?: true;
}

const encrypts = { usage: 'ENCRYPT_DECRYPT', byDefault: 'SYMMETRIC_DEFAULT' } as const;

/** Operation → usage of the key. ReEncrypt asks twice: ReEncryptFrom of the source, ReEncryptTo of the destination. */
export const usageTable = {
  Encrypt: { ...encrypts, shown: 'Encrypt' },
  Decrypt: { ...encrypts, shown: 'Decrypt', decrypts: true },
  ReEncryptFrom: { ...encrypts, shown: 'ReEncrypt', decrypts: true },
  ReEncryptTo: { ...encrypts, shown: 'ReEncrypt' },
  GenerateDataKey: { ...encrypts, shown: 'GenerateDataKey' },
  GenerateDataKeyWithoutPlaintext: { ...encrypts, shown: 'GenerateDataKeyWithoutPlaintext' },
  GenerateDataKeyPair: { ...encrypts, shown: 'GenerateDataKeyPair' },
  GenerateDataKeyPairWithoutPlaintext: { ...encrypts, shown: 'GenerateDataKeyPairWithoutPlaintext' },
  Sign: { usage: 'SIGN_VERIFY', shown: 'Sign' },
  Verify: { usage: 'SIGN_VERIFY', shown: 'Verify' },
  GenerateMac: { usage: 'GENERATE_VERIFY_MAC', shown: 'GenerateMac' },
  VerifyMac: { usage: 'GENERATE_VERIFY_MAC', shown: 'VerifyMac' },
  DeriveSharedSecret: { usage: 'KEY_AGREEMENT', shown: 'DeriveSharedSecret' },
  Encapsulate: { usage: 'ENCAPSULATE_DECAPSULATE', shown: 'Encapsulate' },
  Decapsulate: { usage: 'ENCAPSULATE_DECAPSULATE', shown: 'Decapsulate' },
} as const satisfies Record<string, UsageRow>;

/** An operation that a key's usage allows or forbids. */
export type UsageOperation = keyof typeof usageTable;

/** True for operations that a key's usage allows or forbids. */
export function isUsageOperation(operation: string): operation is UsageOperation {
  return Object.hasOwn(usageTable, operation);
}

/**
 * Passes if a key of this spec and usage can do the operation with the algorithm, else throws what AWS KMS answers.
 * @param algorithm as the request names it; when left out, encryption operations mean SYMMETRIC_DEFAULT and the rest are not checked
 * @throws {TrentError} InvalidKeyUsageException; IncorrectKeyException for Decrypt and ReEncrypt's source with a key of another usage
 */
export function checkKeyUsage(operation: UsageOperation, arn: string, spec: KeySpec, usage: KeyUsage, algorithm?: string): void {
  const row: UsageRow = usageTable[operation];
  if (usage !== row.usage) {
    if (row.decrypts) fail('IncorrectKeyException', 'The key ID in the request does not identify a CMK that can perform this operation.');
    fail('InvalidKeyUsageException', `${arn} key usage is ${usage} which is not valid for ${row.shown}.`);
  }
  const meant = algorithm ?? row.byDefault;
  if (meant !== undefined && !(algorithmsOf(spec, usage) as readonly string[]).includes(meant)) {
    fail('InvalidKeyUsageException', `Algorithm ${meant} is incompatible with key spec ${spec}.`);
  }
}

/**
 * Passes if the key has a public half.
 * @throws {TrentError} UnsupportedOperationException for symmetric and HMAC keys
 */
export function checkHasPublicKey(arn: string, spec: KeySpec): void {
  if (keySpecs[spec].kind !== 'asymmetric') {
    fail('UnsupportedOperationException', `${arn} key spec is ${spec} which is not valid for GetPublicKey.`);
  }
}
