import assert from 'node:assert/strict';
import { CKK, CKM, CKO, CKU, compileTemplate, isPkcs11Error, plain } from '../../src/index.ts';
import type { CompiledTemplate } from '../../src/index.ts';
import { anAesKey } from './case.ts';
import type { ConformanceCase } from './case.ts';

const pinned = { class: CKO.SECRET_KEY, keyType: CKK.AES, token: false, sensitive: true, extractable: false, derive: true };

/** Sessions, objects, templates. */
export const objects: readonly ConformanceCase[] = [
  {
    name: 'the token says who it is and which mechanisms it has',
    run: ({ module, session }) => {
      const token = module.tokenInfo(session.slot);
      assert.equal(token.isInitialized && token.isUserPinSet, true);
      assert.ok(token.label.length > 0 && !token.label.endsWith(' '));
      const mechanisms = module.mechanisms(session.slot);
      assert.ok(mechanisms.includes(CKM.AES_KEY_GEN));
      assert.ok(module.mechanismInfo(session.slot, CKM.AES_KEY_GEN).maxKeySize >= 32);
      assert.throws(() => module.mechanismInfo(session.slot, 0x7ffffff0), isPkcs11Error);
    },
  },
  {
    name: 'a wrong PIN is refused and the right one opens',
    run: ({ session, pin }) => {
      session.logout();
      assert.throws(() => session.login(CKU.USER, Buffer.from('not the PIN')), { name: 'CKR_PIN_INCORRECT' });
      session.login(CKU.USER, pin);
      assert.throws(() => session.login(CKU.USER, pin), { name: 'CKR_USER_ALREADY_LOGGED_IN' });
      assert.equal(session.info().state, 3);
    },
  },
  {
    name: 'attributes are read by name; a sensitive value is withheld',
    run: (place) => {
      const key = anAesKey(place, { label: 'näme', id: Buffer.from([1, 0, 255]), encrypt: true });
      const read = place.session.getAttributes(key, ['class', 'keyType', 'label', 'id', 'encrypt', 'sensitive', 'value', 'valueLength']);
      assert.equal(read.class, CKO.SECRET_KEY);
      assert.equal(read.keyType, CKK.AES);
      assert.equal(read.label, 'näme');
      assert.deepEqual(read.id, Buffer.from([1, 0, 255]));
      assert.equal(read.encrypt, true);
      assert.equal(read.value, undefined);
      assert.equal(read.valueLength, 32);
    },
  },
  {
    name: 'objects are found by template, changed, copied and destroyed',
    run: (place) => {
      const { session } = place;
      const label = `find ${String(performance.now())}`;
      const keys = Array.from({ length: 150 }, () => anAesKey(place, { label }));
      assert.deepEqual(session.findObjects({ label }).sort(), keys.sort());
      const [first, ...others] = keys;
      assert.ok(first !== undefined);
      session.setAttributes(first, { label: `${label}, changed` });
      assert.equal(session.findObjects(compileTemplate({ label })).length, 149);
      const copy = session.copyObject(first, { label });
      for (const key of [...others, copy]) session.destroyObject(key);
      assert.deepEqual(session.findObjects({ label }), []);
      assert.throws(() => session.destroyObject(copy), isPkcs11Error);
    },
  },
  {
    name: 'an invalid handle, mechanism or template is a Pkcs11Error with its name',
    run: ({ session }) => {
      assert.throws(
        () => session.sign(plain(CKM.SHA256_HMAC), 999_999 as never, Buffer.alloc(1)),
        (error) => {
          assert.ok(isPkcs11Error(error));
          assert.match(error.name, /^CKR_(KEY|OBJECT)_HANDLE_INVALID$/);
          assert.equal(error.operation, 'sign');
          return true;
        },
      );
      assert.throws(() => session.generateKey(plain(0x7ffffff0), {}), { name: 'CKR_MECHANISM_INVALID' });
      assert.throws(() => session.generateKey(plain(CKM.AES_KEY_GEN), { class: CKO.SECRET_KEY }), isPkcs11Error);
    },
  },
  {
    name: 'a malformed layout is a TypeError and reaches no module',
    run: ({ session }) => {
      const one = compileTemplate({ label: 'x' });
      const outOfBounds = Buffer.from(one);
      outOfBounds.writeUInt32LE(0xffff, 8);
      const tooMany = Buffer.from(one);
      tooMany.writeUInt32LE(1000, 4);
      for (const bytes of [Buffer.alloc(0), Buffer.alloc(7), one.subarray(0, 20), outOfBounds, tooMany]) {
        assert.throws(() => session.findObjects(bytes as CompiledTemplate), TypeError);
        assert.throws(() => session.generateKey(bytes as never, {}), TypeError);
      }
    },
  },
  {
    name: 'a wrapping key with an unwrap template unwraps only what fits it',
    needs: 'pinned-unwrap',
    run: (place) => {
      const kwp = plain(place.module.dialect.kwp);
      const wrapping = anAesKey(place, { wrap: true, unwrap: true, unwrapTemplate: pinned });
      const wrapped = place.session.wrapKey(kwp, wrapping, anAesKey(place, { extractable: true, derive: true }));
      place.session.unwrapKey(kwp, wrapping, wrapped, pinned);
      for (const other of [{ extractable: true }, { sensitive: false }, { keyType: CKK.GENERIC_SECRET }, { derive: false }]) {
        assert.throws(() => place.session.unwrapKey(kwp, wrapping, wrapped, { ...pinned, ...other }), isPkcs11Error);
      }
    },
  },
  {
    name: 'an unwrap template and the allowed mechanisms are read back',
    needs: 'read-nested-templates',
    run: (place) => {
      const template = { ...pinned, allowedMechanisms: [CKM.AES_ECB_ENCRYPT_DATA] };
      const key = anAesKey(place, { unwrap: true, unwrapTemplate: template, allowedMechanisms: [CKM.AES_KEY_WRAP, CKM.AES_KEY_WRAP_PAD] });
      const read = place.session.getAttributes(key, ['unwrapTemplate', 'allowedMechanisms']);
      assert.deepEqual({ ...read.unwrapTemplate }, template);
      assert.deepEqual(read.allowedMechanisms, [CKM.AES_KEY_WRAP, CKM.AES_KEY_WRAP_PAD]);
    },
  },
  {
    name: 'a key works with its allowed mechanisms alone',
    needs: 'allowed-mechanisms',
    run: (place) => {
      const key = anAesKey(place, { encrypt: true, allowedMechanisms: [CKM.AES_GCM] });
      place.session.encryptGcm(key, Buffer.alloc(12), Buffer.alloc(0), Buffer.alloc(16), Buffer.alloc(32));
      assert.throws(() => place.session.encrypt(plain(CKM.AES_ECB), key, Buffer.alloc(16)), { name: 'CKR_MECHANISM_INVALID' });
    },
  },
  {
    name: 'an object that is not modifiable is neither changed nor copied',
    needs: 'immutable-objects',
    run: (place) => {
      const key = anAesKey(place, { modifiable: false, copyable: false });
      assert.throws(() => place.session.setAttributes(key, { label: 'x' }), isPkcs11Error);
      assert.throws(() => place.session.copyObject(key, { token: false }), isPkcs11Error);
    },
  },
];
