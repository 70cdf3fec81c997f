import type { Wire } from './open-target.ts';

/** Keys that requests go to, by spec. */
export type LoadKeySpec = 'SYMMETRIC_DEFAULT' | 'RSA_2048' | 'ECC_NIST_P256' | 'ECC_NIST_EDWARDS25519' | 'HMAC_256';

/** An operation of the load tools. */
export interface OperationForm {
  /** As tables name it. */
  readonly title: string;
  /** AWS's name: the request's, and its records'. */
  readonly name: string;
  /** The key it needs. */
  readonly key: LoadKeySpec;
  /** Wires that the bench measures it on. */
  readonly wires: readonly Wire[];
}

const ALL: readonly Wire[] = ['https', 'unary', 'batch', 'worker'];
const OUTSIDE: readonly Wire[] = ['https', 'batch'];
const CALLS: readonly Wire[] = ['https', 'unary'];

const form = (title: string, name: string, key: LoadKeySpec, wires: readonly Wire[]): OperationForm => ({ title, name, key, wires });

/** What the load tools do, by the names that options and rows know. */
export const operationForms = {
  encrypt: form('Encrypt', 'Encrypt', 'SYMMETRIC_DEFAULT', ALL),
  decrypt: form('Decrypt (warm)', 'Decrypt', 'SYMMETRIC_DEFAULT', ALL),
  'decrypt-cold': form('Decrypt (cold)', 'Decrypt', 'SYMMETRIC_DEFAULT', ALL),
  'generate-data-key': form('GenerateDataKey', 'GenerateDataKey', 'SYMMETRIC_DEFAULT', ALL),
  'generate-data-key-pair': form('GenerateDataKeyPair P-256', 'GenerateDataKeyPair', 'SYMMETRIC_DEFAULT', CALLS),
  'generate-mac': form('GenerateMac SHA-256', 'GenerateMac', 'HMAC_256', OUTSIDE),
  'sign-p256': form('Sign P-256', 'Sign', 'ECC_NIST_P256', OUTSIDE),
  'verify-p256': form('Verify P-256', 'Verify', 'ECC_NIST_P256', OUTSIDE),
  'sign-rsa': form('Sign RSA-2048 PSS', 'Sign', 'RSA_2048', OUTSIDE),
  'verify-rsa': form('Verify RSA-2048 PSS', 'Verify', 'RSA_2048', OUTSIDE),
  'sign-ed25519': form('Sign Ed25519', 'Sign', 'ECC_NIST_EDWARDS25519', OUTSIDE),
  'verify-ed25519': form('Verify Ed25519', 'Verify', 'ECC_NIST_EDWARDS25519', OUTSIDE),
  'create-key': form('CreateKey', 'CreateKey', 'SYMMETRIC_DEFAULT', CALLS),
} as const satisfies Readonly<Record<string, OperationForm>>;

export type LoadOperation = keyof typeof operationForms;
export const loadOperations = Object.keys(operationForms) as LoadOperation[];
