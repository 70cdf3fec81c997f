import { randomBytes } from 'node:crypto';
import { kms } from '@trent/contracts';
import type { LoadOperation } from './operation-mix.ts';

/** What every request carries: 32 bytes to encrypt, as data keys have, and one pair of encryption context. */
export const PLAINTEXT_BYTES = 32;
export const ENCRYPTION_CONTEXT: ReadonlyMap<string, string> = new Map([['purpose', 'load']]);

/** The material of a run: the key, and ciphertexts under it. */
export interface Workload {
  readonly keyArn: string;
  /** Made by the cluster itself: their message keys are in use. */
  readonly ciphertexts: readonly Uint8Array[];
  /** Each under a message key of its own, so that every decryption derives one. Empty unless asked for. */
  readonly coldCiphertexts: readonly Uint8Array[];
}

/** A request in its two forms; what is sent again and again is encoded once. */
export interface PreparedRequest {
  readonly operation: 'Encrypt' | 'Decrypt' | 'GenerateDataKey';
  readonly input: NonNullable<kms.BatchItem['input']>;
  readonly protobuf: Buffer;
  readonly json: Buffer;
}

/** Requests of an operation, to be used in turn. */
export function prepareRequests(workload: Workload, operation: LoadOperation): PreparedRequest[] {
  switch (operation) {
    case 'encrypt':
      return Array.from({ length: 16 }, () => encrypt(workload.keyArn, randomBytes(PLAINTEXT_BYTES)));
    case 'decrypt':
      return workload.ciphertexts.map(decrypt);
    case 'decrypt-cold':
      return workload.coldCiphertexts.map(decrypt);
    case 'generate-data-key':
      return [generateDataKey(workload.keyArn)];
  }
}

export function encrypt(keyId: string, plaintext: Buffer): PreparedRequest {
  const value = kms.EncryptRequest.create({ keyId, plaintext, encryptionContext: new Map(ENCRYPTION_CONTEXT) });
  return {
    operation: 'Encrypt',
    input: { $case: 'encrypt', value },
    protobuf: Buffer.from(kms.EncryptRequest.encode(value).finish()),
    json: jsonBody({ KeyId: keyId, Plaintext: plaintext.toString('base64') }),
  };
}

function decrypt(ciphertext: Uint8Array): PreparedRequest {
  const ciphertextBlob = Buffer.from(ciphertext);
  const value = kms.DecryptRequest.create({ ciphertextBlob, encryptionContext: new Map(ENCRYPTION_CONTEXT) });
  return {
    operation: 'Decrypt',
    input: { $case: 'decrypt', value },
    protobuf: Buffer.from(kms.DecryptRequest.encode(value).finish()),
    json: jsonBody({ CiphertextBlob: ciphertextBlob.toString('base64') }),
  };
}

function generateDataKey(keyId: string): PreparedRequest {
  const value = kms.GenerateDataKeyRequest.create({
    keyId,
    keySpec: kms.DataKeySpec.DATA_KEY_SPEC_AES_256,
    encryptionContext: new Map(ENCRYPTION_CONTEXT),
  });
  return {
    operation: 'GenerateDataKey',
    input: { $case: 'generateDataKey', value },
    protobuf: Buffer.from(kms.GenerateDataKeyRequest.encode(value).finish()),
    json: jsonBody({ KeyId: keyId, KeySpec: 'AES_256' }),
  };
}

function jsonBody(members: Record<string, unknown>): Buffer {
  return Buffer.from(JSON.stringify({ ...members, EncryptionContext: Object.fromEntries(ENCRYPTION_CONTEXT) }));
}
