import { parseExternal } from '@trent/ciphertext';
import { fieldTable, placed, shortened, type Shape } from './field-table.ts';

/**
 * Every field of a ciphertext v2, made by an external key store (docs/ciphertext-format.md): what is inside only the external key manager can tell.
 * @throws TrentError InvalidCiphertextException when it is none
 */
export function showExternalCiphertext(blob: Uint8Array): string[] {
  const { region, keyId, materialId, iv, tag, metadata, ciphertext } = parseExternal(blob);
  const shape: Shape = [
    ['magic', 2, 'TC', 'a symmetric ciphertext of Trent'],
    ['version', 1, '2', 'format: the outer of two encryptions'],
    ['outer', 1, '1', 'AES-GCM of an external key store proxy'],
    ['key id', 17, keyId, 'KMS key in an external key store'],
    ['material id', 32, materialId, 'which material of the key made the inner encryption'],
    ['region length', 1, String(region.length), ''],
    ['region', region.length, region, ''],
    ['IV length', 1, String(iv.length), ''],
    ['IV', iv.length, iv.toString('hex'), 'chosen by the external key manager'],
    ['tag', tag.length, tag.toString('hex'), 'AES-GCM of the external key over encryption context and inner ciphertext'],
    ['metadata length', 1, String(metadata.length), ''],
    ['metadata', metadata.length, metadata.toString('hex'), 'the proxy’s own'],
    ['ciphertext', ciphertext.length, shortened(ciphertext), 'a ciphertext v1 of the same key, encrypted again'],
  ];
  return [...fieldTable(placed(shape)), `well-formed: ${String(blob.length)} bytes; not proven: only Decrypt undoes both encryptions`];
}
