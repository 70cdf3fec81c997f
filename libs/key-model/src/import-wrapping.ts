import { keySpecs } from './key-specs.ts';
import type { KeySpec } from './names.ts';

export const WRAPPING_ALGORITHMS = [
  'RSAES_PKCS1_V1_5',
  'RSAES_OAEP_SHA_1',
  'RSAES_OAEP_SHA_256',
  'RSA_AES_KEY_WRAP_SHA_1',
  'RSA_AES_KEY_WRAP_SHA_256',
  'SM2PKE',
] as const;
/** How imported material is wrapped (AWS KMS model, AlgorithmSpec). */
export type WrappingAlgorithm = (typeof WRAPPING_ALGORITHMS)[number];

export const WRAPPING_KEY_SPECS = ['RSA_2048', 'RSA_3072', 'RSA_4096', 'SM2'] as const;
/** Key that wraps imported material (AWS KMS model, WrappingKeySpec). */
export type WrappingKeySpec = (typeof WRAPPING_KEY_SPECS)[number];

/**
 * True if material of a key spec may be wrapped so (API reference, GetParametersForImport): OAEP alone carries secret keys and small
 * private keys, RSA_AES_KEY_WRAP carries private keys. RSAES_PKCS1_V1_5 is refused since 2023-10-10; SM2PKE is for SM2 alone.
 */
export function mayWrap(spec: KeySpec, algorithm: WrappingAlgorithm, wrappingSpec: WrappingKeySpec): boolean {
  const row = keySpecs[spec];
  if (!row.importable || algorithm === 'RSAES_PKCS1_V1_5') return false;
  if (algorithm === 'SM2PKE' || wrappingSpec === 'SM2') return spec === 'SM2' && algorithm === 'SM2PKE' && wrappingSpec === 'SM2';
  const wrapsKey = algorithm === 'RSA_AES_KEY_WRAP_SHA_1' || algorithm === 'RSA_AES_KEY_WRAP_SHA_256';
  if (row.kind !== 'asymmetric') return !wrapsKey;
  if (wrapsKey) return true;
  // A PKCS#8 P-521 key (about 240 bytes) is longer than OAEP under RSA-2048 can take; RSA private keys always are.
  return row.modulusBytes === undefined && !(spec === 'ECC_NIST_P521' && wrappingSpec === 'RSA_2048');
}
