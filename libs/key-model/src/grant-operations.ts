import { keySpecs } from './key-specs.ts';
import type { KeySpec, KeyUsage } from './names.ts';

/** Operations that a grant can name (AWS KMS model, GrantOperation). */
export const GRANT_OPERATIONS = [
  'Decrypt',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
  'Sign',
  'Verify',
  'GetPublicKey',
  'CreateGrant',
  'RetireGrant',
  'DescribeKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateMac',
  'VerifyMac',
  'DeriveSharedSecret',
  'Encapsulate',
  'Decapsulate',
] as const;
export type GrantOperation = (typeof GRANT_OPERATIONS)[number];

const anyKey = ['CreateGrant', 'RetireGrant', 'DescribeKey'] as const;
const dataKeys = [
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
] as const;
const encryption = ['Encrypt', 'Decrypt', 'ReEncryptFrom', 'ReEncryptTo'] as const;

const byUsage: Readonly<Record<KeyUsage, readonly GrantOperation[]>> = {
  ENCRYPT_DECRYPT: [...encryption, 'GetPublicKey', ...anyKey],
  SIGN_VERIFY: ['Sign', 'Verify', 'GetPublicKey', ...anyKey],
  GENERATE_VERIFY_MAC: ['GenerateMac', 'VerifyMac', ...anyKey],
  KEY_AGREEMENT: ['DeriveSharedSecret', 'GetPublicKey', ...anyKey],
  ENCAPSULATE_DECAPSULATE: ['Encapsulate', 'Decapsulate', 'GetPublicKey', ...anyKey],
};
const symmetricEncryption: readonly GrantOperation[] = [...encryption, ...dataKeys, ...anyKey];

/** Operations that a grant on such a key can name (developer guide, "Grant operations"); CreateGrant answers others with ValidationException. */
export function grantOperationsOf(spec: KeySpec, usage: KeyUsage): readonly GrantOperation[] {
  return keySpecs[spec].kind === 'symmetric' ? symmetricEncryption : byUsage[usage];
}
