import assert from 'node:assert/strict';
import { constants, createHash, createPublicKey, diffieHellman, generateKeyPairSync, publicEncrypt, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { CKK, CKM, CKO, CURVES, ecdh1, eddsaPrehash, isPkcs11Error, oaep, plain, pss } from '../../src/index.ts';
import type { HashName, KeyPair, Template } from '../../src/index.ts';
import type { ConformanceCase, Place } from './case.ts';
import { anAesKey } from './case.ts';

const message = Buffer.from('the message');
const digest = createHash('sha256').update(message).digest();
const privateTemplate: Template = { class: CKO.PRIVATE_KEY, token: false, sensitive: true, extractable: true };

async function anRsaPair({ session }: Place, usage: Template, publicUsage: Template): Promise<KeyPair> {
  const publicKey = { class: CKO.PUBLIC_KEY, token: false, modulusBits: 2048, publicExponent: Buffer.from([1, 0, 1]), ...publicUsage };
  return session.onPool.generateKeyPair(plain(CKM.RSA_PKCS_KEY_PAIR_GEN), publicKey, { ...privateTemplate, ...usage });
}

function anEcPair({ session }: Place, curve: keyof typeof CURVES, usage: Template): KeyPair {
  const isEdwards = curve === 'Ed25519';
  const keyType = isEdwards ? CKK.EC_EDWARDS : CKK.EC;
  return session.generateKeyPair(
    plain(isEdwards ? CKM.EC_EDWARDS_KEY_PAIR_GEN : CKM.EC_KEY_PAIR_GEN),
    { class: CKO.PUBLIC_KEY, keyType, token: false, verify: true, ecParams: Buffer.from(CURVES[curve], 'hex') },
    { ...privateTemplate, keyType, ...usage },
  );
}

function rsaPublicKey({ session }: Place, { publicKey }: KeyPair): KeyObject {
  const { modulus, publicExponent } = session.getAttributes(publicKey, ['modulus', 'publicExponent']);
  const url = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('base64url');
  return createPublicKey({ key: { kty: 'RSA', n: url(modulus), e: url(publicExponent) }, format: 'jwk' });
}

/** CKA_EC_POINT without its OCTET STRING. */
function pointOf({ session }: Place, { publicKey }: KeyPair, bytes: number): Buffer {
  return Buffer.from(session.getAttributes(publicKey, ['ecPoint']).ecPoint ?? []).subarray(-bytes);
}

function ecPublicKey(place: Place, pair: KeyPair, crv: 'P-256' | 'secp256k1'): KeyObject {
  const point = pointOf(place, pair, 64);
  const [x, y] = [point.subarray(0, 32).toString('base64url'), point.subarray(32).toString('base64url')];
  return createPublicKey({ key: { kty: 'EC', crv, x, y }, format: 'jwk' });
}

function ecdsa(curve: 'P-256' | 'secp256k1', place: Place): void {
  const pair = anEcPair(place, curve, { sign: true });
  const signature = place.session.sign(plain(CKM.ECDSA), pair.privateKey, digest);
  const key = { key: ecPublicKey(place, pair, curve), dsaEncoding: 'ieee-p1363' as const };
  assert.equal(verify('sha256', message, key, signature), true);
  assert.equal(place.session.verify(plain(CKM.ECDSA), pair.publicKey, digest, signature), true);
  signature[5] = (signature[5] ?? 0) ^ 1;
  assert.equal(place.session.verify(plain(CKM.ECDSA), pair.publicKey, digest, signature), false);
}

async function decryptOaep(hash: HashName, place: Place): Promise<void> {
  const pair = await anRsaPair(place, { decrypt: true }, { encrypt: true });
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const sealed = publicEncrypt({ key: rsaPublicKey(place, pair), padding, oaepHash: hash.replace('-', '').toLowerCase() }, message);
  assert.deepEqual(await place.session.onPool.decrypt(oaep(hash), pair.privateKey, sealed), message);
}

/** Wraps a private key, unwraps it as not extractable and uses it. */
function throughKwp(place: Place, pair: KeyPair, template: Template, mechanism: ReturnType<typeof plain>): void {
  const kwp = plain(place.module.dialect.kwp);
  const wrapping = anAesKey(place, { wrap: true, unwrap: true });
  const wrapped = place.session.wrapKey(kwp, wrapping, pair.privateKey);
  const unwrapped = place.session.unwrapKey(kwp, wrapping, wrapped, { ...privateTemplate, extractable: false, sign: true, ...template });
  const signature = place.session.sign(mechanism, unwrapped, digest);
  assert.equal(place.session.verify(mechanism, pair.publicKey, digest, signature), true);
}

/** Key pairs: RSA, EC, Edwards. */
export const asymmetric: readonly ConformanceCase[] = [
  {
    name: 'RSA-PSS over a digest is a signature that OpenSSL accepts',
    needs: 'rsa-pss',
    run: async (place) => {
      const pair = await anRsaPair(place, { sign: true }, { verify: true });
      const signature = await place.session.onPool.sign(pss('SHA-256'), pair.privateKey, digest);
      const options = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
      assert.equal(verify('sha256', message, { key: rsaPublicKey(place, pair), ...options }, signature), true);
      assert.equal(await place.session.onPool.verify(pss('SHA-256'), pair.publicKey, digest, signature), true);
      const whole = place.session.sign(pss('SHA-256', CKM.SHA256_RSA_PKCS_PSS), pair.privateKey, message);
      assert.equal(verify('sha256', message, { key: rsaPublicKey(place, pair), ...options }, whole), true);
    },
  },
  { name: 'RSA-OAEP with SHA-1 opens what OpenSSL encrypts', needs: 'rsa-oaep-sha1', run: (place) => decryptOaep('SHA-1', place) },
  { name: 'RSA-OAEP with SHA-256 opens what OpenSSL encrypts', needs: 'rsa-oaep-sha256', run: (place) => decryptOaep('SHA-256', place) },
  { name: 'ECDSA on P-256 is a signature that OpenSSL accepts', needs: 'ecdsa', run: (place) => ecdsa('P-256', place) },
  { name: 'ECDSA on secp256k1 is a signature that OpenSSL accepts', needs: 'secp256k1', run: (place) => ecdsa('secp256k1', place) },
  {
    name: 'Ed25519 is a signature that OpenSSL accepts',
    needs: 'eddsa',
    run: (place) => {
      const pair = anEcPair(place, 'Ed25519', { sign: true });
      const signature = place.session.sign(plain(CKM.EDDSA), pair.privateKey, message);
      const x = pointOf(place, pair, 32).toString('base64url');
      const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
      assert.equal(verify(null, message, key, signature), true);
    },
  },
  {
    name: 'Ed25519ph is a signature of its own, which the token verifies and plain Ed25519 does not',
    needs: 'eddsa-prehash',
    run: (place) => {
      const pair = anEcPair(place, 'Ed25519', { sign: true });
      const signature = place.session.sign(eddsaPrehash(), pair.privateKey, digest);
      assert.equal(place.session.verify(eddsaPrehash(), pair.publicKey, digest, signature), true);
      assert.equal(place.session.verify(plain(CKM.EDDSA), pair.publicKey, digest, signature), false);
    },
  },
  {
    name: 'ECDH agrees with OpenSSL on the secret',
    needs: 'ecdh',
    run: (place) => {
      const pair = anEcPair(place, 'P-256', { derive: true });
      const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const { x, y } = other.publicKey.export({ format: 'jwk' });
      const point = Buffer.concat([Buffer.from([4]), Buffer.from(x ?? '', 'base64url'), Buffer.from(y ?? '', 'base64url')]);
      const secret = place.session.deriveKey(ecdh1(point), pair.privateKey, {
        ...{ class: CKO.SECRET_KEY, keyType: CKK.GENERIC_SECRET, token: false, valueLength: 32, sensitive: false, extractable: true },
      });
      const expected = diffieHellman({ privateKey: other.privateKey, publicKey: ecPublicKey(place, pair, 'P-256') });
      assert.deepEqual(place.session.getAttributes(secret, ['value']).value, expected);
    },
  },
  {
    name: 'an EC private key goes through KWP',
    needs: 'kwp-ec',
    run: (place) => throughKwp(place, anEcPair(place, 'P-256', { sign: true }), { keyType: CKK.EC }, plain(CKM.ECDSA)),
  },
  {
    name: 'an RSA private key goes through KWP',
    needs: 'kwp-rsa',
    run: async (place) => {
      const pair = await anRsaPair(place, { sign: true }, { verify: true });
      throughKwp(place, pair, { keyType: CKK.RSA }, pss('SHA-256'));
    },
  },
  {
    name: 'an Ed25519 private key goes through KWP',
    needs: 'kwp-edwards',
    run: (place) => throughKwp(place, anEcPair(place, 'Ed25519', { sign: true }), { keyType: CKK.EC_EDWARDS }, plain(CKM.EDDSA)),
  },
  {
    name: 'a session with work on the pool refuses other calls until it is done',
    run: async (place) => {
      const pair = anRsaPair(place, { sign: true }, { verify: true });
      assert.throws(() => place.session.info(), /operation on the pool/);
      await assert.rejects(place.session.onPool.generateKey(plain(CKM.AES_KEY_GEN), {}), /operation on the pool/);
      await pair;
      await assert.rejects(place.session.onPool.sign(pss('SHA-256'), 999_999 as never, digest), isPkcs11Error);
      assert.equal(typeof place.session.info().state, 'number');
    },
  },
];
