import { additionalData, checkCommitment, parseCiphertext, TAG_BYTES, withCommitment, type ParsedCiphertext } from '@trent/ciphertext';
import { canonicalise } from '@trent/encryption-context';
import { fail } from '@trent/errors';
import { isPkcs11Error, type Session } from '@trent/pkcs11';
import type { KeyNames, MessageKeys } from '../keys/message-keys.ts';

/** A key that messages are sealed under: its names and its message keys. */
export interface SealingKey {
  readonly header: KeyNames;
  readonly messageKeys: MessageKeys;
}

/**
 * Encrypts under the key's lane: header ‖ AES-256-GCM(32 zero bytes ‖ plaintext), header and context as additional data.
 * @returns a ciphertext of format v1
 */
export function sealUnder(session: Session, key: SealingKey, context: ReadonlyMap<string, string>, plaintext: Uint8Array): Buffer {
  const { handle, iv, header } = key.messageKeys.forEncryption();
  const committed = withCommitment(plaintext);
  const out = Buffer.alloc(header.length + committed.length + TAG_BYTES);
  header.copy(out, 0);
  try {
    session.encryptGcm(handle, iv, additionalData(header, canonicalise(context)), committed, out.subarray(header.length));
  } finally {
    committed.fill(0);
  }
  return out;
}

/**
 * Opens what sealUnder made. The plaintext lies in memory of its own; the caller wipes it.
 * @throws InvalidCiphertextException: one error for a tag, a commitment or a context that does not fit
 */
export function openUnder(session: Session, key: SealingKey, context: ReadonlyMap<string, string>, ciphertext: ParsedCiphertext): Buffer {
  const { header, headerBytes, body } = ciphertext;
  if (header.keyId !== key.header.keyId || header.materialId !== key.header.materialId || header.region !== key.header.region) {
    return fail('InvalidCiphertextException');
  }
  const aad = additionalData(headerBytes, canonicalise(context));
  const out = Buffer.alloc(body.length);
  const length = key.messageKeys.forDecryption(header.nonce, (handle) => {
    try {
      return session.decryptGcm(handle, header.iv, aad, body, out);
    } catch (error) {
      // Modules tell a wrong tag in many ways (SoftHSM: CKR_GENERAL_ERROR): whatever the call says, the ciphertext did not open.
      return isPkcs11Error(error)
        ? fail('InvalidCiphertextException', undefined, { cause: error })
        : fail('KMSInternalException', '', { cause: error });
    }
  });
  return checkCommitment(out.subarray(0, length));
}

/** @throws InvalidCiphertextException */
export function readCiphertext(blob: Uint8Array | undefined): ParsedCiphertext {
  return parseCiphertext(blob ?? Buffer.alloc(0));
}
