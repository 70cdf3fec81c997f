import { randomBytes } from 'node:crypto';
import { parseCiphertext } from '@trent/ciphertext';
import type { execute } from '@trent/contracts';
import { fail } from '@trent/errors';
import { newKeyId } from '@trent/identifiers';
import { newMaterialId, type SecretKeyHeader } from '@trent/key-token';
import { compileTemplate, pinnedTemplate, plain } from '@trent/pkcs11';
import type { SymmetricKey } from '../keys/backing-keys.ts';
import { aesMaker } from '../keys/makers.ts';
import { MessageKeys } from '../keys/message-keys.ts';
import { wrapNewborn } from '../keys/new-material.ts';
import { verifyToken } from '../keys/verified-token.ts';
import { openUnder, sealUnder } from '../operations/envelope.ts';
import type { OpenToken } from '../pool/open-token.ts';

/** No account of a user has this number. */
const SYSTEM_ACCOUNT = '000000000000';
const MAX_SECRET_BYTES = 4096;

/**
 * Seals policy's own secrets. Each has a key of the `system` class of its own, wrapped into the sealed bytes (u16 length ‖ token ‖ ciphertext):
 * the worker keeps nothing, and no key of a user opens it. The label is bound as encryption context.
 */
export function seal(open: OpenToken, { plaintext, label }: execute.SealRequest, now: () => number): execute.SealResponse {
  if (plaintext.length === 0 || plaintext.length > MAX_SECRET_BYTES)
    fail('KMSInternalException', '', { cause: 'a secret of this size is not sealed' });
  const { region, rootVersion } = open.rootSet.record;
  const keyId = newKeyId(randomBytes(16), false);
  const materialId = newMaterialId(keyId, randomBytes(32));
  const header: SecretKeyHeader = {
    format: 1,
    region,
    rootVersion,
    accountId: SYSTEM_ACCOUNT,
    keyId,
    materialId,
    spec: 'SYMMETRIC_DEFAULT',
    usage: 'ENCRYPT_DECRYPT',
    origin: 'AWS_KMS',
    keyClass: 'system',
  };
  const token = wrapNewborn(open, header, aesMaker);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(token.length);
  const sealed = withSystemKey(open, token, now, (key) => sealUnder(open.session, key, contextOf(label), plaintext));
  plaintext.fill(0);
  return { sealed: Buffer.concat([length, token, sealed]) };
}

/** @throws InvalidCiphertextException for another label or altered bytes; KMSInternalException for a token that is not ours */
export function unseal(open: OpenToken, { sealed, label }: execute.UnsealRequest, now: () => number): execute.UnsealResponse {
  const tokenEnd = 2 + (sealed.length < 2 ? 0 : sealed.readUInt16BE(0));
  if (sealed.length <= tokenEnd) fail('InvalidCiphertextException');
  const token = sealed.subarray(2, tokenEnd);
  const ciphertext = parseCiphertext(sealed.subarray(tokenEnd));
  return { plaintext: withSystemKey(open, token, now, (key) => openUnder(open.session, key, contextOf(label), ciphertext)) };
}

function withSystemKey<R>(open: OpenToken, token: Buffer, now: () => number, use: (key: SymmetricKey) => R): R {
  const { session, rootSet, dialect } = open;
  const { header, wrapped } = verifyToken(open, token);
  if (header.keyClass !== 'system') return fail('KMSInternalException', '', { cause: 'not a system token' });
  const template = compileTemplate({ ...pinnedTemplate('system', rootSet.record.profile), private: false });
  const handle = session.unwrapKey(plain(dialect.kwp), rootSet.wrapping.system, wrapped, template);
  const messageKeys = new MessageKeys({ session, backingKey: handle, header, now });
  try {
    return use({ header, token, arn: '', handle, messageKeys });
  } finally {
    messageKeys.release();
    session.destroyObject(handle);
  }
}

function contextOf(label: string): Map<string, string> {
  return new Map([['trent:label', label]]);
}
