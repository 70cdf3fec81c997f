import type { execute } from '@trent/contracts';
import { fail } from '@trent/errors';
import { parseKeyId } from '@trent/identifiers';
import { isKeySpec, keyClassOf } from '@trent/key-model';
import { importedMaterialId } from '@trent/key-token';
import { plain, type Session } from '@trent/pkcs11';
import { sealToken } from '../keys/seal-token.ts';
import { fingerprintOf } from './fingerprint.ts';
import { rootSetFor } from '../pool/open-token.ts';
import type { ImportDeps } from './import-deps.ts';
import { newbornOf } from './newborn.ts';
import { openImportToken } from './open-import-token.ts';
import { unwrapMaterial } from './unwrap-material.ts';

/**
 * Takes a user's material into the token, names it by its fingerprint and gives it back wrapped by its class's key, as a generated one.
 * @param deadline performance.now() milliseconds
 * @throws InvalidImportTokenException, ExpiredImportTokenException, InvalidCiphertextException, IncorrectKeyMaterialException,
 *   UnsupportedOperationException; KMSInternalException for another region
 */
export async function importMaterial(
  deps: ImportDeps,
  request: execute.ImportMaterialRequest,
  deadline: number,
): Promise<execute.ImportMaterialResponse> {
  const { open } = deps;
  if (request.region !== open.rootSet.record.region)
    fail('KMSInternalException', '', { cause: 'material was to be imported into another region' });
  const keyId = parseKeyId(request.keyId) ?? fail('KMSInternalException', '', { cause: 'malformed key id' });
  // The way in is the region's; what stays is the root set's that the key belongs to.
  const rootSet = rootSetFor(open, keyId);
  const { region, rootVersion } = rootSet.record;
  const { accountId, keySpec: spec, keyUsage: usage } = request;
  if (!isKeySpec(spec)) return fail('KMSInternalException', '', { cause: 'an unknown key spec' });
  const keyClass = keyClassOf(spec);
  const template = newbornOf(spec, deps.unserved);
  const begun = openImportToken(deps, request.importToken, { accountId, keyId });
  const run = async (session: Session): Promise<execute.ImportMaterialResponse> => {
    const { handle, inSoftware } = await unwrapMaterial(deps, session, begun, request.encryptedKeyMaterial, template);
    try {
      const wrapped = await session.onPool.wrapKey(plain(open.dialect.kwp), rootSet.wrapping[keyClass], handle);
      const { bytes, publicKey } = await fingerprintOf(session, handle, spec, wrapped.length);
      const materialId = importedMaterialId(keyId, bytes);
      const header = { region, rootVersion, accountId, keyId, materialId, spec, usage, origin: 'EXTERNAL', keyClass };
      const token = sealToken(open, publicKey === undefined ? { ...header, format: 1 } : { ...header, format: 2, publicKey }, wrapped);
      return { token, materialId, rootVersion, inSoftware };
    } finally {
      session.destroyObject(handle);
    }
  };
  return deps.slowLane.run({ account: accountId, deadline, run });
}
