import { Arena, putUlong } from './arena.ts';
import { CKG, CKM } from './constants.ts';

declare const compiled: unique symbol;
/** A CK_MECHANISM with its parameter, laid out for the addon. */
export type Mechanism = Buffer & { readonly [compiled]: 'mechanism' };

/** Hashes of RSA-PSS and RSA-OAEP with their mask generation functions. */
export const hashes = {
  'SHA-1': { mechanism: CKM.SHA_1, mask: CKG.MGF1_SHA1, bytes: 20 },
  'SHA-224': { mechanism: CKM.SHA224, mask: CKG.MGF1_SHA224, bytes: 28 },
  'SHA-256': { mechanism: CKM.SHA256, mask: CKG.MGF1_SHA256, bytes: 32 },
  'SHA-384': { mechanism: CKM.SHA384, mask: CKG.MGF1_SHA384, bytes: 48 },
  'SHA-512': { mechanism: CKM.SHA512, mask: CKG.MGF1_SHA512, bytes: 64 },
} as const;

/** Name of a hash in {@link hashes}. */
export type HashName = keyof typeof hashes;

/** A number, or bytes behind a pointer followed or preceded by their length as the structure wants it. */
type Field = { ulong: number } | { pointer: Uint8Array | undefined };

function build(type: number, fields: readonly Field[]): Mechanism {
  const arena = new Arena();
  const head = arena.reserve(24);
  putUlong(head.bytes, type, 0);
  if (fields.length > 0) {
    const parameter = arena.reserve(fields.length * 8);
    arena.point(head.offset + 8, parameter.offset);
    putUlong(head.bytes, fields.length * 8, 16);
    fields.forEach((field, index) => {
      if ('ulong' in field) putUlong(parameter.bytes, field.ulong, index * 8);
      else if (field.pointer !== undefined) arena.point(parameter.offset + index * 8, arena.append(field.pointer));
    });
  }
  return arena.finish(1) as Mechanism;
}

/** A mechanism without parameter. */
export function plain(type: number): Mechanism {
  return build(type, []);
}

/** A mechanism whose parameter is bytes, such as the IV of CKM_AES_CBC_PAD. */
export function withBytes(type: number, parameter: Uint8Array): Mechanism {
  const arena = new Arena();
  const head = arena.reserve(24);
  putUlong(head.bytes, type, 0);
  arena.point(head.offset + 8, arena.append(parameter));
  putUlong(head.bytes, parameter.length, 16);
  return arena.finish(1) as Mechanism;
}

/** CKM_AES_GCM, CK_GCM_PARAMS (PKCS#11 3.1 §6.13.3). The hot path has encryptGcm and decryptGcm instead. */
export function gcm(iv: Uint8Array, additionalData: Uint8Array, tagBits = 128): Mechanism {
  return build(CKM.AES_GCM, [
    { pointer: iv },
    { ulong: iv.length },
    { ulong: iv.length * 8 },
    { pointer: additionalData },
    { ulong: additionalData.length },
    { ulong: tagBits },
  ]);
}

/** RSA-PSS over a digest or, by `type`, over the message; CK_RSA_PKCS_PSS_PARAMS, salt as long as the hash. */
export function pss(hash: HashName, type: number = CKM.RSA_PKCS_PSS): Mechanism {
  const { mechanism, mask, bytes } = hashes[hash];
  return build(type, [{ ulong: mechanism }, { ulong: mask }, { ulong: bytes }]);
}

/** RSA-OAEP with an empty label, CK_RSA_PKCS_OAEP_PARAMS (PKCS#11 3.1 §6.1.8). */
export function oaep(hash: HashName): Mechanism {
  const { mechanism, mask } = hashes[hash];
  const labelSpecified = 1;
  return build(CKM.RSA_PKCS_OAEP, [{ ulong: mechanism }, { ulong: mask }, { ulong: labelSpecified }, { pointer: undefined }, { ulong: 0 }]);
}

/** ECDH without KDF: the raw shared secret; CK_ECDH1_DERIVE_PARAMS. `publicPoint` as the other side's CKA_EC_POINT value, uncompressed. */
export function ecdh1(publicPoint: Uint8Array): Mechanism {
  const noKdf = 1;
  return build(CKM.ECDH1_DERIVE, [
    { ulong: noKdf },
    { ulong: 0 },
    { pointer: undefined },
    { ulong: publicPoint.length },
    { pointer: publicPoint },
  ]);
}

/** CKM_AES_ECB_ENCRYPT_DATA: the derived key is AES-ECB(base key, data), CK_KEY_DERIVATION_STRING_DATA. */
export function ecbEncryptData(data: Uint8Array): Mechanism {
  return build(CKM.AES_ECB_ENCRYPT_DATA, [{ pointer: data }, { ulong: data.length }]);
}

/** Ed25519ph with an empty context, CK_EDDSA_PARAMS (PKCS#11 3.1 §6.3.18): the token hashes what it is given once more (RFC 8032 §5.1). */
export function eddsaPrehash(): Mechanism {
  const prehashed = 1;
  return build(CKM.EDDSA, [{ ulong: prehashed }, { ulong: 0 }, { pointer: undefined }]);
}
