import { createPublicKey, generateKeyPairSync, type ED25519KeyPairOptions } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';

import type { KeySpec } from './names.ts';
import { peerPoint } from './peer-point.ts';

const der: ED25519KeyPairOptions<'der', 'der'> = {
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'der' },
};

function aPublicKey(namedCurve: string, paramEncoding: 'named' | 'explicit' = 'named'): Buffer {
  return generateKeyPairSync('ec', { namedCurve, paramEncoding, ...der }).publicKey;
}

/** SPKI of P-256 around any point. */
function aroundPoint(point: string): Buffer {
  const bytes = Buffer.from(point, 'hex');
  const head = Buffer.from(`30${(0x16 + bytes.length).toString(16)}301306072a8648ce3d020106082a8648ce3d03010703`, 'hex');
  return Buffer.concat([head, Buffer.from([bytes.length + 1, 0]), bytes]);
}

describe('the point of the other side', () => {
  test.each<[KeySpec, string, number]>([
    ['ECC_NIST_P256', 'P-256', 65],
    ['ECC_NIST_P384', 'P-384', 97],
    ['ECC_NIST_P521', 'P-521', 133],
  ])('%s takes a public key of %s', (spec, curve, bytes) => {
    const publicKey = aPublicKey(curve);
    const point = peerPoint(spec, publicKey);
    expect(point).toHaveLength(bytes);
    expect(publicKey.subarray(-bytes)).toEqual(point);
  });

  test.each<[string, KeySpec, () => Uint8Array]>([
    ['of another curve', 'ECC_NIST_P256', () => aPublicKey('P-384')],
    ['of another curve with as many bytes', 'ECC_NIST_P256', () => aPublicKey('secp256k1')],
    ['for a spec without key agreement', 'ECC_SECG_P256K1', () => aPublicKey('secp256k1')],
    ['with a byte behind it', 'ECC_NIST_P256', () => Buffer.concat([aPublicKey('P-256'), Buffer.from([0])])],
    ['cut short', 'ECC_NIST_P256', () => aPublicKey('P-256').subarray(0, -1)],
    ['whose point is not on the curve', 'ECC_NIST_P256', () => aroundPoint(`04${'00'.repeat(63)}01`)],
    ['whose point is at infinity', 'ECC_NIST_P256', () => aroundPoint('00')],
    ['that spells its curve out', 'ECC_NIST_P256', () => aPublicKey('P-256', 'explicit')],
    ['that is a private key', 'ECC_NIST_P256', () => generateKeyPairSync('ec', { namedCurve: 'P-256', ...der }).privateKey],
    ['that is an RSA key', 'ECC_NIST_P256', () => generateKeyPairSync('rsa', { modulusLength: 2048, ...der }).publicKey],
    ['that is PEM', 'ECC_NIST_P256', () => Buffer.from(pem(aPublicKey('P-256')))],
    ['that is nothing', 'ECC_NIST_P256', () => Buffer.alloc(0)],
  ])('a public key %s is refused without a text', (_name, spec, publicKey) => {
    expect(() => peerPoint(spec, publicKey())).toThrow(expect.objectContaining({ code: 'ValidationException', message: '' }));
  });
});

function pem(publicKey: Buffer): string {
  return createPublicKey({ key: publicKey, format: 'der', type: 'spki' }).export({ format: 'pem', type: 'spki' }).toString();
}
