import { assembleToken, encodeTokenHeader, type KeyTokenHeader } from '@trent/key-token';
import { CKM, plain, type ObjectHandle } from '@trent/pkcs11';
import { rootSetFor, type OpenToken } from '../pool/open-token.ts';

const MAC_BYTES = 32;

/** Joins header and wrapped key under the MAC of the binding key of its region or group: what the rest of the system calls the token of a material. */
export function sealToken(open: OpenToken, header: KeyTokenHeader, wrapped: Buffer): Buffer {
  const headerBytes = encodeTokenHeader(header);
  const mac = Buffer.alloc(MAC_BYTES);
  open.session.signHmac(CKM.SHA256_HMAC, rootSetFor(open, header.keyId).binding, Buffer.concat([headerBytes, wrapped]), mac);
  return assembleToken(headerBytes, wrapped, mac);
}

/** Wraps a key that is in the token, inline, by the wrapping key of its class, and seals it. */
export function wrapAndSeal(open: OpenToken, header: KeyTokenHeader, key: ObjectHandle): Buffer {
  const { session, dialect } = open;
  return sealToken(open, header, session.wrapKey(plain(dialect.kwp), rootSetFor(open, header.keyId).wrapping[header.keyClass], key));
}
