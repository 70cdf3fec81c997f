import type { execute } from '@trent/contracts';
import { fail } from '@trent/errors';
import { parseKeyId } from '@trent/identifiers';
import { assembleToken, encodeTokenHeader, newMaterialId, type KeyTokenHeader } from '@trent/key-token';
import { CKK, CKM, CKO, compileTemplate, plain } from '@trent/pkcs11';
import { rootSetFor, type OpenToken } from '../pool/open-token.ts';

/** Born as a session object that may leave the token once, wrapped; what is unwrapped later may not. */
const newbornAes = compileTemplate({
  class: CKO.SECRET_KEY,
  keyType: CKK.AES,
  valueLength: 32,
  token: false,
  private: false,
  sensitive: true,
  extractable: true,
  derive: true,
  encrypt: false,
  decrypt: false,
});
const MAC_BYTES = 32;

/**
 * Makes a backing key in the token and wraps it by its class's key: header ‖ KWP ‖ HMAC(binding key).
 * @throws UnsupportedOperationException for a spec that this worker does not make; KMSInternalException for another region
 */
export function generateMaterial(open: OpenToken, request: execute.GenerateMaterialRequest): execute.GenerateMaterialResponse {
  if (request.region !== open.rootSet.record.region)
    fail('KMSInternalException', '', { cause: 'a material of another region was asked for' });
  if (request.keySpec !== 'SYMMETRIC_DEFAULT') fail('UnsupportedOperationException', `KeySpec ${request.keySpec} is not served.`);
  const keyId = parseKeyId(request.keyId) ?? fail('KMSInternalException', '', { cause: 'malformed key id' });
  const { region, rootVersion } = rootSetFor(open, keyId).record;
  const random = Buffer.alloc(32);
  open.session.randomFill(random);
  const materialId = newMaterialId(keyId, random);
  const { accountId, keySpec, keyUsage, origin } = request;
  const token = wrapNewborn(open, {
    format: 1,
    region,
    rootVersion,
    accountId,
    keyId,
    materialId,
    spec: keySpec,
    usage: keyUsage,
    origin,
    keyClass: 'aes-derive',
  });
  return { token, materialId, rootVersion };
}

/** Generates an AES backing key of the header's class and returns its token, under the root set of the key's region or group. */
export function wrapNewborn(open: OpenToken, header: KeyTokenHeader): Buffer {
  const { session, dialect } = open;
  const rootSet = rootSetFor(open, header.keyId);
  const newborn = session.generateKey(plain(CKM.AES_KEY_GEN), newbornAes);
  try {
    const wrapped = session.wrapKey(plain(dialect.kwp), rootSet.wrapping[header.keyClass], newborn);
    const headerBytes = encodeTokenHeader(header);
    const mac = Buffer.alloc(MAC_BYTES);
    session.signHmac(CKM.SHA256_HMAC, rootSet.binding, Buffer.concat([headerBytes, wrapped]), mac);
    return assembleToken(headerBytes, wrapped, mac);
  } finally {
    session.destroyObject(newborn);
  }
}
