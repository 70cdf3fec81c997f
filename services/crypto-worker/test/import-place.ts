import {
  constants,
  createCipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import type { execute } from '@trent/contracts';
import { parseKeyId, type KeyId } from '@trent/identifiers';
import { keySpecs, type KeySpec, type WrappingKeySpec } from '@trent/key-model';
import { encodeImportToken, importedMaterialId, parseImportToken, type ImportAlgorithm } from '@trent/key-token';
import { bindingMac, type ImportDeps } from '../src/imports/import-deps.ts';
import { makeImportParameters } from '../src/imports/import-parameters.ts';

/** The key that every import of these tests is for, as far as a worker knows it. */
export const aKey = { region: 'us-east-1', accountId: '111122223333', keyId: '1b2c3d4e-0000-4000-8000-00000000000a' } as const;
const keyId = parseKeyId(aKey.keyId) as KeyId;

/** A wrapping key's public half and its token for any algorithm: making RSA keys takes seconds, so each size is made once. */
export interface WrappingPlace {
  readonly publicKey: Buffer;
  tokenFor(algorithm: ImportAlgorithm, expiresAtMs?: number): Buffer;
}

/** Makes a wrapping key of a size. */
export async function aWrappingKey(deps: ImportDeps, wrappingKeySpec: WrappingKeySpec): Promise<WrappingPlace> {
  const request = { ...aKey, keySpec: 'SYMMETRIC_DEFAULT', wrappingAlgorithm: 'RSAES_OAEP_SHA_1', wrappingKeySpec };
  const { importToken, publicKey } = await makeImportParameters(deps, request, Infinity);
  const parsed = parseImportToken(importToken);
  return {
    publicKey,
    tokenFor: (algorithm, expiresAtMs = parsed.expiresAtMs) => {
      const body = encodeImportToken({ algorithm, expiresAtMs, wrappingKey: parsed.wrappingKey });
      return Buffer.concat([body, bindingMac(deps.open, body)]);
    },
  };
}

/** Wraps as a user does, with OpenSSL alone. */
export function wrap(publicKey: Buffer, algorithm: ImportAlgorithm, material: Buffer): Buffer {
  const key = createPublicKey({ key: publicKey, format: 'der', type: 'spki' });
  const oaepHash = algorithm.endsWith('256') ? 'sha256' : 'sha1';
  const oaep = (bytes: Buffer) => publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, bytes);
  if (algorithm.startsWith('RSAES')) return oaep(material);
  const inner = randomBytes(32);
  const cipher = createCipheriv('id-aes256-wrap-pad', inner, Buffer.from('a65959a6', 'hex'));
  return Buffer.concat([oaep(inner), cipher.update(material), cipher.final()]);
}

/** What a worker is asked. */
export function anImport(spec: KeySpec, importToken: Buffer, encryptedKeyMaterial: Buffer): execute.ImportMaterialRequest {
  const [keyUsage = ''] = Object.keys(keySpecs[spec].algorithms);
  return { ...aKey, keySpec: spec, keyUsage, importToken, encryptedKeyMaterial };
}

const CURVES: Readonly<Partial<Record<KeySpec, string>>> = {
  ECC_NIST_P256: 'P-256',
  ECC_NIST_P384: 'P-384',
  ECC_NIST_P521: 'P-521',
  ECC_SECG_P256K1: 'secp256k1',
};

/** Fresh material of a spec: raw bytes or PKCS#8. */
export function aMaterial(spec: KeySpec): Buffer {
  const { materialBytes, modulusBytes } = keySpecs[spec];
  if (materialBytes !== undefined) return randomBytes(materialBytes);
  const { privateKey } =
    modulusBytes === undefined
      ? generateKeyPairSync('ec', { namedCurve: CURVES[spec] ?? '' })
      : generateKeyPairSync('rsa', { modulusLength: 8 * modulusBytes });
  return privateKey.export({ format: 'der', type: 'pkcs8' });
}

const LABEL = Buffer.from('trent imported-material/v1');
const HASHES: Readonly<Record<string, string>> = { HMAC_224: 'sha224', HMAC_256: 'sha256', HMAC_384: 'sha384', HMAC_512: 'sha512' };

/** The material's id, reckoned from the material in clear by OpenSSL alone: that it comes out of the token proves what went in. */
export function expectedId(spec: KeySpec, material: Buffer): string {
  const hash = HASHES[spec];
  if (hash !== undefined) return importedMaterialId(keyId, createHmac(hash, material).update(LABEL).digest());
  if (spec === 'SYMMETRIC_DEFAULT') {
    const cipher = createCipheriv('aes-256-ecb', material, null).setAutoPadding(false);
    const blocks = Buffer.concat([LABEL, Buffer.alloc(32 - LABEL.length, 0xff)]);
    const derived = Buffer.concat([cipher.update(blocks), cipher.final()]);
    return importedMaterialId(keyId, createHmac('sha256', derived).update(LABEL).digest());
  }
  return importedMaterialId(keyId, publicKeyOf(material));
}

/** SubjectPublicKeyInfo of a private key in PKCS#8. */
export function publicKeyOf(material: Buffer): Buffer {
  const privateKey = createPrivateKey({ key: material, format: 'der', type: 'pkcs8' });
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
}
