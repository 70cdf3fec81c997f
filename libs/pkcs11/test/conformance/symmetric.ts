import assert from 'node:assert/strict';
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import { CKK, CKM, CKO, ecbEncryptData, gcm, isPkcs11Error, plain } from '../../src/index.ts';
import { aKnownKey, anAesKey } from './case.ts';
import type { ConformanceCase, Place } from './case.ts';
import type { ObjectHandle } from '../../src/index.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const [iv, aad, plaintext] = [Buffer.alloc(12, 1), Buffer.alloc(48, 2), Buffer.from('attack at dawn, but gently please')];

const vector = {
  kek: hex('5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8'),
  data: hex('c37b7e6492584340bed12207808941155068f738'),
  wrapped: hex('138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a'),
};

function unwrapVector(place: Place): { kek: ObjectHandle; unwrapped: ObjectHandle } {
  const kek = aKnownKey(place, CKK.AES, vector.kek, { wrap: true, unwrap: true });
  const template = { class: CKO.SECRET_KEY, keyType: CKK.GENERIC_SECRET, token: false, sensitive: false, extractable: true };
  return { kek, unwrapped: place.session.unwrapKey(plain(place.module.dialect.kwp), kek, vector.wrapped, template) };
}

/** Secret keys: GCM, HMAC, key wrap, derivation. */
export const symmetric: readonly ConformanceCase[] = [
  {
    name: 'AES-GCM agrees with OpenSSL, bytes of a known key',
    needs: 'gcm',
    run: (place) => {
      const value = Buffer.alloc(32, 7);
      const key = aKnownKey(place, CKK.AES, value, { encrypt: true });
      const out = Buffer.alloc(plaintext.length + 16);
      assert.equal(place.session.encryptGcm(key, iv, aad, plaintext, out), out.length);
      const cipher = createCipheriv('aes-256-gcm', value, iv).setAAD(aad);
      assert.deepEqual(out, Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]));
      assert.deepEqual(place.session.encrypt(gcm(iv, aad), key, plaintext), out);
    },
  },
  {
    name: 'AES-GCM decrypts what it encrypted, also the empty plaintext',
    needs: 'gcm',
    run: (place) => {
      const key = anAesKey(place, { encrypt: true, decrypt: true });
      for (const text of [plaintext, Buffer.alloc(0), Buffer.alloc(4096, 9)]) {
        const [sealed, opened] = [Buffer.alloc(text.length + 16), Buffer.alloc(text.length + 16)];
        place.session.encryptGcm(key, iv, aad, text, sealed);
        const size = place.session.decryptGcm(key, iv, aad, sealed, opened);
        assert.deepEqual(opened.subarray(0, size), text);
        assert.deepEqual(place.session.decrypt(gcm(iv, aad), key, sealed), text);
      }
    },
  },
  {
    name: 'a changed tag, IV or additional data is refused, the output is wiped and the session goes on',
    needs: 'gcm',
    run: (place) => {
      const key = anAesKey(place, { encrypt: true, decrypt: true });
      const sealed = Buffer.alloc(plaintext.length + 16);
      place.session.encryptGcm(key, iv, aad, plaintext, sealed);
      const forged = Buffer.from(sealed);
      forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
      const out = Buffer.alloc(sealed.length, 0xee);
      assert.throws(() => place.session.decryptGcm(key, iv, aad, forged, out), isPkcs11Error);
      assert.deepEqual(out, Buffer.alloc(out.length));
      assert.throws(() => place.session.decryptGcm(key, Buffer.alloc(12, 3), aad, sealed, out), isPkcs11Error);
      assert.throws(() => place.session.decryptGcm(key, iv, Buffer.alloc(3), sealed, out), isPkcs11Error);
      assert.throws(() => place.session.decryptGcm(key, iv, aad, sealed.subarray(0, 5), out), isPkcs11Error);
      assert.equal(place.session.decryptGcm(key, iv, aad, sealed, out), plaintext.length);
    },
  },
  {
    name: 'an output buffer that is too small is refused before the operation starts',
    needs: 'gcm',
    run: (place) => {
      const key = anAesKey(place, { encrypt: true, decrypt: true });
      const small = Buffer.alloc(plaintext.length + 15);
      assert.throws(() => place.session.encryptGcm(key, iv, aad, plaintext, small), RangeError);
      assert.throws(() => place.session.encryptGcm(key, iv, aad, 'text' as unknown as Uint8Array, small), TypeError);
      const enough = Buffer.alloc(plaintext.length + 16);
      place.session.encryptGcm(key, iv, aad, plaintext, enough);
      assert.throws(() => place.session.decryptGcm(key, iv, aad, enough, small), RangeError);
      assert.equal(place.session.decryptGcm(key, iv, aad, enough, Buffer.alloc(enough.length)), plaintext.length);
    },
  },
  {
    name: 'HMAC-SHA-256 agrees with OpenSSL',
    needs: 'hmac',
    run: (place) => {
      const value = Buffer.from('a key of more than thirty-two bytes');
      const key = aKnownKey(place, CKK.GENERIC_SECRET, value, { sign: true, verify: true });
      const expected = createHmac('sha256', value).update(plaintext).digest();
      const out = Buffer.alloc(32);
      assert.equal(place.session.signHmac(CKM.SHA256_HMAC, key, plaintext, out), 32);
      assert.deepEqual(out, expected);
      const mechanism = plain(CKM.SHA256_HMAC);
      assert.deepEqual(place.session.sign(mechanism, key, plaintext), expected);
      assert.equal(place.session.verify(mechanism, key, plaintext, expected), true);
      assert.throws(() => place.session.signHmac(CKM.SHA256_HMAC, key, plaintext, Buffer.alloc(31)), { name: 'CKR_BUFFER_TOO_SMALL' });
      assert.equal(place.session.signHmac(CKM.SHA256_HMAC, key, plaintext, out), 32);
    },
  },
  {
    name: 'a wrong MAC, of the right length or not, is a verdict and no error',
    needs: 'mac-verdict',
    run: (place) => {
      const key = aKnownKey(place, CKK.GENERIC_SECRET, Buffer.alloc(32, 4), { sign: true, verify: true });
      for (const length of [0, 3, 32, 33]) {
        assert.equal(place.session.verify(plain(CKM.SHA256_HMAC), key, plaintext, Buffer.alloc(length)), false);
      }
    },
  },
  {
    name: 'KWP opens the vector of RFC 5649 §6',
    needs: 'kwp',
    run: (place) => {
      const key = unwrapVector(place);
      assert.deepEqual(place.session.getAttributes(key.unwrapped, ['value']).value, vector.data);
    },
  },
  {
    name: 'KWP makes the vector of RFC 5649 §6, whose key is no multiple of eight bytes',
    needs: 'kwp-any-length',
    run: (place) => {
      const { kek, unwrapped } = unwrapVector(place);
      assert.deepEqual(place.session.wrapKey(plain(place.module.dialect.kwp), kek, unwrapped), vector.wrapped);
    },
  },
  {
    name: 'KWP of a 32-byte key agrees with OpenSSL',
    needs: 'kwp',
    run: (place) => {
      const kek = aKnownKey(place, CKK.AES, vector.kek, { wrap: true });
      const key = aKnownKey(place, CKK.AES, Buffer.alloc(32, 6), {});
      const wrapped = place.session.wrapKey(plain(place.module.dialect.kwp), kek, key);
      const unwrap = createDecipheriv('id-aes192-wrap-pad', vector.kek, hex('a65959a6'));
      assert.deepEqual(Buffer.concat([unwrap.update(wrapped), unwrap.final()]), Buffer.alloc(32, 6));
    },
  },
  {
    name: 'a changed KWP blob is refused',
    needs: 'kwp',
    run: (place) => {
      const kwp = plain(place.module.dialect.kwp);
      const wrapping = anAesKey(place, { wrap: true, unwrap: true });
      const wrapped = place.session.wrapKey(kwp, wrapping, anAesKey(place, { extractable: true }));
      const template = { class: CKO.SECRET_KEY, keyType: CKK.AES, token: false, sensitive: true, extractable: false };
      place.session.unwrapKey(kwp, wrapping, wrapped, template);
      wrapped[9] = (wrapped[9] ?? 0) ^ 1;
      assert.throws(() => place.session.unwrapKey(kwp, wrapping, wrapped, template), isPkcs11Error);
      assert.throws(() => place.session.unwrapKey(kwp, wrapping, Buffer.alloc(0), template), isPkcs11Error);
    },
  },
  {
    name: 'a key that is not extractable is not wrapped',
    needs: 'extractable-flag',
    run: (place) => {
      const wrapping = anAesKey(place, { wrap: true });
      assert.throws(() => place.session.wrapKey(plain(place.module.dialect.kwp), wrapping, anAesKey(place, {})), isPkcs11Error);
    },
  },
  {
    name: 'a key derived by AES_ECB_ENCRYPT_DATA is AES-ECB of the data',
    needs: 'aes-ecb-encrypt-data',
    run: (place) => {
      const value = Buffer.alloc(32, 5);
      const data = Buffer.from('0123456789abcdefFEDCBA9876543210');
      const base = aKnownKey(place, CKK.AES, value, { derive: true });
      const derived = place.session.deriveKey(ecbEncryptData(data), base, {
        ...{ class: CKO.SECRET_KEY, keyType: CKK.AES, token: false, valueLength: 32, sensitive: false, extractable: true },
      });
      const cipher = createCipheriv('aes-256-ecb', value, null).setAutoPadding(false);
      assert.deepEqual(place.session.getAttributes(derived, ['value']).value, Buffer.concat([cipher.update(data), cipher.final()]));
    },
  },
  {
    name: 'random bytes differ and fill any length',
    run: ({ session }) => {
      const [a, b] = [Buffer.alloc(100), Buffer.alloc(100)];
      session.randomFill(a);
      session.randomFill(b);
      assert.notDeepEqual(a, b);
      session.randomFill(Buffer.alloc(0));
    },
  },
  {
    name: 'the kernel fills up to 256 bytes, into the view it is given and no further',
    run: ({ session }) => {
      const whole = Buffer.alloc(300);
      session.kernelRandom(whole.subarray(4, 260));
      assert.ok(whole.subarray(4, 260).some((byte) => byte !== 0));
      assert.deepEqual([whole.subarray(0, 4), whole.subarray(260)], [Buffer.alloc(4), Buffer.alloc(40)]);
      const other = Buffer.alloc(256);
      session.kernelRandom(other);
      assert.notDeepEqual(other, whole.subarray(4, 260));
      assert.throws(() => session.kernelRandom(Buffer.alloc(257)));
    },
  },
];
