import { randomBytes } from 'node:crypto';
import { awsEnum, kms } from '@trent/contracts';
import { operationForms, type LoadKeySpec, type LoadOperation } from './operations.ts';

/** What every request carries: 32 bytes to encrypt, as data keys have, and one pair of encryption context. */
export const PLAINTEXT_BYTES = 32;
export const ENCRYPTION_CONTEXT: ReadonlyMap<string, string> = new Map([['purpose', 'load']]);

const { SigningAlgorithm, MacAlgorithm, DataKeySpec, DataKeyPairSpec } = kms;

/** How the specs' keys sign here. */
export const signingAlgorithms = {
  RSA_2048: SigningAlgorithm.SIGNING_ALGORITHM_RSASSA_PSS_SHA_256,
  ECC_NIST_P256: SigningAlgorithm.SIGNING_ALGORITHM_ECDSA_SHA_256,
  ECC_NIST_EDWARDS25519: SigningAlgorithm.SIGNING_ALGORITHM_ED25519_SHA_512,
} as const;

type SigningSpec = keyof typeof signingAlgorithms;

/** A message and its signature by the key of a spec. */
export interface Signed {
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** The material of a run: keys by spec, and what was made under them. */
export interface Workload {
  /** Those that the operations need and the cluster serves. */
  readonly keys: Readonly<Partial<Record<LoadKeySpec, string>>>;
  /** Made by the cluster itself: their message keys are in use. */
  readonly ciphertexts: readonly Uint8Array[];
  /** Each under a message key of its own, so that every decryption derives one. Empty unless asked for. */
  readonly coldCiphertexts: readonly Uint8Array[];
  readonly signed: Readonly<Partial<Record<LoadKeySpec, Signed>>>;
}

/** A request in its three forms; what is sent again and again is encoded once. */
export interface PreparedRequest {
  readonly operation: string;
  /** As an item of a batch; undefined: the operation is none there. */
  readonly input: kms.BatchItem['input'];
  readonly protobuf: Buffer;
  readonly json: Buffer;
}

/** Whether the cluster serves the key that the operation needs. */
export function isServed({ keys }: Workload, operation: LoadOperation): boolean {
  return keys[operationForms[operation].key] !== undefined;
}

/** Requests of an operation, to be used in turn. @throws Error when the cluster does not serve its key */
export function prepareRequests(workload: Workload, operation: LoadOperation): PreparedRequest[] {
  const { key } = operationForms[operation];
  const keyId = workload.keys[key];
  if (keyId === undefined) throw new Error(`the cluster serves no ${key} keys`);
  switch (operation) {
    case 'encrypt':
      return Array.from({ length: 16 }, () => encrypt(keyId, randomBytes(PLAINTEXT_BYTES)));
    case 'decrypt':
      return workload.ciphertexts.map(decrypt);
    case 'decrypt-cold':
      return workload.coldCiphertexts.map(decrypt);
    case 'generate-data-key':
      return [generateDataKey(keyId)];
    case 'generate-data-key-pair':
      return [generateDataKeyPair(keyId)];
    case 'generate-mac':
      return Array.from({ length: 16 }, () => generateMac(keyId, randomBytes(PLAINTEXT_BYTES)));
    case 'create-key':
      return [createKey()];
    case 'sign-rsa':
    case 'sign-p256':
    case 'sign-ed25519':
      return Array.from({ length: 16 }, () => sign(keyId, key as SigningSpec, randomBytes(PLAINTEXT_BYTES)));
    case 'verify-rsa':
    case 'verify-p256':
    case 'verify-ed25519':
      return [verify(keyId, key as SigningSpec, workload.signed[key])];
  }
}

export function encrypt(keyId: string, plaintext: Buffer): PreparedRequest {
  const value = kms.EncryptRequest.create({ keyId, plaintext, encryptionContext: new Map(ENCRYPTION_CONTEXT) });
  return {
    operation: 'Encrypt',
    input: { $case: 'encrypt', value },
    protobuf: Buffer.from(kms.EncryptRequest.encode(value).finish()),
    json: jsonBody({ KeyId: keyId, Plaintext: plaintext.toString('base64'), ...CONTEXT_MEMBER }),
  };
}

function decrypt(ciphertext: Uint8Array): PreparedRequest {
  const ciphertextBlob = Buffer.from(ciphertext);
  const value = kms.DecryptRequest.create({ ciphertextBlob, encryptionContext: new Map(ENCRYPTION_CONTEXT) });
  return {
    operation: 'Decrypt',
    input: { $case: 'decrypt', value },
    protobuf: Buffer.from(kms.DecryptRequest.encode(value).finish()),
    json: jsonBody({ CiphertextBlob: ciphertextBlob.toString('base64'), ...CONTEXT_MEMBER }),
  };
}

function generateDataKey(keyId: string): PreparedRequest {
  const keySpec = DataKeySpec.DATA_KEY_SPEC_AES_256;
  const value = kms.GenerateDataKeyRequest.create({ keyId, keySpec, encryptionContext: new Map(ENCRYPTION_CONTEXT) });
  return {
    operation: 'GenerateDataKey',
    input: { $case: 'generateDataKey', value },
    protobuf: Buffer.from(kms.GenerateDataKeyRequest.encode(value).finish()),
    json: jsonBody({ KeyId: keyId, KeySpec: 'AES_256', ...CONTEXT_MEMBER }),
  };
}

function generateDataKeyPair(keyId: string): PreparedRequest {
  const keyPairSpec = DataKeyPairSpec.DATA_KEY_PAIR_SPEC_ECC_NIST_P256;
  const value = kms.GenerateDataKeyPairRequest.create({ keyId, keyPairSpec, encryptionContext: new Map(ENCRYPTION_CONTEXT) });
  return {
    operation: 'GenerateDataKeyPair',
    input: undefined,
    protobuf: Buffer.from(kms.GenerateDataKeyPairRequest.encode(value).finish()),
    json: jsonBody({ KeyId: keyId, KeyPairSpec: 'ECC_NIST_P256', ...CONTEXT_MEMBER }),
  };
}

function generateMac(keyId: string, message: Buffer): PreparedRequest {
  const value = kms.GenerateMacRequest.create({ keyId, message, macAlgorithm: MacAlgorithm.MAC_ALGORITHM_HMAC_SHA_256 });
  return {
    operation: 'GenerateMac',
    input: { $case: 'generateMac', value },
    protobuf: Buffer.from(kms.GenerateMacRequest.encode(value).finish()),
    json: jsonBody({ KeyId: keyId, Message: message.toString('base64'), MacAlgorithm: 'HMAC_SHA_256' }),
  };
}

function createKey(): PreparedRequest {
  const value = kms.CreateKeyRequest.create({ description: 'load' });
  return {
    operation: 'CreateKey',
    input: undefined,
    protobuf: Buffer.from(kms.CreateKeyRequest.encode(value).finish()),
    json: jsonBody({ Description: 'load' }),
  };
}

function sign(keyId: string, spec: SigningSpec, message: Buffer): PreparedRequest {
  const signingAlgorithm = signingAlgorithms[spec];
  const value = kms.SignRequest.create({ keyId, message, signingAlgorithm });
  return {
    operation: 'Sign',
    input: { $case: 'sign', value },
    protobuf: Buffer.from(kms.SignRequest.encode(value).finish()),
    json: jsonBody({ KeyId: keyId, Message: message.toString('base64'), SigningAlgorithm: awsName(signingAlgorithm) }),
  };
}

function verify(keyId: string, spec: SigningSpec, signed: Signed | undefined): PreparedRequest {
  if (signed === undefined) throw new Error('nothing was signed to be verified');
  const [message, signature] = [Buffer.from(signed.message), Buffer.from(signed.signature)];
  const signingAlgorithm = signingAlgorithms[spec];
  const value = kms.VerifyRequest.create({ keyId, message, signature, signingAlgorithm });
  const [Message, Signature] = [message.toString('base64'), signature.toString('base64')];
  return {
    operation: 'Verify',
    input: { $case: 'verify', value },
    protobuf: Buffer.from(kms.VerifyRequest.encode(value).finish()),
    json: jsonBody({ KeyId: keyId, Message, Signature, SigningAlgorithm: awsName(signingAlgorithm) }),
  };
}

/** AWS's spelling of a signing algorithm. */
export function awsName(algorithm: kms.SigningAlgorithm): string {
  return awsEnum('trent.kms.v1.SigningAlgorithm').toAws(algorithm) ?? '';
}

const CONTEXT_MEMBER = { EncryptionContext: Object.fromEntries(ENCRYPTION_CONTEXT) };

function jsonBody(members: Record<string, unknown>): Buffer {
  return Buffer.from(JSON.stringify(members));
}
