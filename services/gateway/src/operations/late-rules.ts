import { awsEnum, type authorize, type kms, type OperationName } from '@trent/contracts';
import {
  checkMessage,
  checkPlaintextLength,
  isKeySpec,
  peerPoint,
  type EncryptionAlgorithm,
  type MessageType,
  type SigningAlgorithm,
} from '@trent/key-model';

/**
 * What a request must satisfy once policy has found that the caller may and the key can: lengths and curves, which AWS judges after state and usage of the key
 * and before a dry run ends (kms-api §1.3, step 10). The worker asks the same of what it executes.
 */
export type LateRule = (message: object, keys: readonly authorize.ResolvedKey[]) => void;

const spell = {
  encryption: awsEnum('trent.kms.v1.EncryptionAlgorithm').toAws,
  signing: awsEnum('trent.kms.v1.SigningAlgorithm').toAws,
  messageType: awsEnum('trent.kms.v1.MessageType').toAws,
} as const;

/** @throws {TrentError} from a rule, ValidationException */
export const lateRules: Readonly<Partial<Record<OperationName, LateRule>>> = {
  'kms.Encrypt': plaintextFits,
  'kms.Sign': messageFits,
  'kms.Verify': messageFits,
  'kms.DeriveSharedSecret': publicKeyFits,
};

function plaintextFits(message: object, [key]: readonly authorize.ResolvedKey[]): void {
  const { encryptionAlgorithm, plaintext } = message as kms.EncryptRequest;
  const algorithm = spell.encryption(encryptionAlgorithm);
  if (algorithm === undefined || plaintext === undefined || key === undefined || !isKeySpec(key.keySpec)) return;
  checkPlaintextLength(key.keySpec, algorithm as EncryptionAlgorithm, plaintext.length);
}

function messageFits(message: object): void {
  const request = message as kms.SignRequest;
  const algorithm = spell.signing(request.signingAlgorithm);
  if (algorithm === undefined || request.message === undefined) return;
  checkMessage(algorithm as SigningAlgorithm, (spell.messageType(request.messageType) ?? 'RAW') as MessageType, request.message.length);
}

function publicKeyFits(message: object, [key]: readonly authorize.ResolvedKey[]): void {
  const { publicKey } = message as kms.DeriveSharedSecretRequest;
  if (publicKey !== undefined && key !== undefined && isKeySpec(key.keySpec)) peerPoint(key.keySpec, publicKey);
}
