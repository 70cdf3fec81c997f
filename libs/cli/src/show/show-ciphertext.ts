import { COMMITMENT_BYTES, isExternal, IV_BYTES, NONCE_BYTES, parseCiphertext, TAG_BYTES } from '@trent/ciphertext';
import { fieldTable, placed, shortened, type Shape } from './field-table.ts';
import { showExternalCiphertext } from './show-external-ciphertext.ts';

const KEY_ID_BYTES = 17;
const MATERIAL_BYTES = 32;

/**
 * Every field of a ciphertext with offset, value and meaning, and a verdict on its form (docs/ciphertext-format.md).
 * Whether it is genuine only the key can tell: nothing here is proven.
 * @throws TrentError InvalidCiphertextException when it is no ciphertext of Trent
 */
export function showCiphertext(blob: Uint8Array): string[] {
  if (isExternal(blob)) return showExternalCiphertext(blob);
  const { header, headerBytes, body } = parseCiphertext(blob);
  const shape: Shape = [
    ['magic', 2, 'TC', 'a symmetric ciphertext of Trent'],
    ['version', 1, String(header.version), 'format'],
    ['kdf', 1, String(header.kdf), 'message key = AES-ECB under the backing key over label, block number and nonce'],
    ['key id', KEY_ID_BYTES, header.keyId, header.keyId.startsWith('mrk-') ? 'multi-Region key' : 'single-Region key'],
    ['material id', MATERIAL_BYTES, header.materialId, 'which material of the key (rotation adds one)'],
    ['nonce', NONCE_BYTES, header.nonce.toString('hex'), 'names the message key'],
    ['IV', IV_BYTES, header.iv.toString('hex'), `counter ${String(header.iv.readUInt32BE(0))}, then 64 random bits`],
    ['region length', 1, String(header.region.length), ''],
    ['region', header.region.length, header.region, 'region, or group of regions; end of the header, which is authenticated'],
    ['ciphertext', body.length - TAG_BYTES, shortened(body.subarray(0, -TAG_BYTES)), plaintextLength(body.length)],
    ['tag', TAG_BYTES, body.subarray(-TAG_BYTES).toString('hex'), 'AES-256-GCM over header, encryption context, commitment and plaintext'],
  ];
  const total = headerBytes.length + body.length;
  return [
    ...fieldTable(placed(shape)),
    `well-formed: ${String(total)} bytes, ${String(total - plaintextBytes(body.length))} of them overhead; not proven: only Decrypt checks the tag`,
  ];
}

function plaintextBytes(bodyBytes: number): number {
  return bodyBytes - COMMITMENT_BYTES - TAG_BYTES;
}

function plaintextLength(bodyBytes: number): string {
  return `${String(COMMITMENT_BYTES)} zero bytes that commit to the key, then ${String(plaintextBytes(bodyBytes))} bytes of plaintext`;
}
