import assert from 'node:assert/strict';
import { parseCiphertext } from '@trent/ciphertext';
import type { keystore } from '@trent/contracts';
import { ConnectedStores } from '../../src/key-store/connected-stores.ts';
import { aKey, connected, failsWith, keyIn, OTHER_ACCOUNT, PIN, refuses, secret, settingsOf, type Place, type StoreCase } from './place.ts';

const connectWith = (place: Place, clusterId: string, password: string) => () =>
  place.backend.connect(settingsOf(place, clusterId), secret(password), Infinity, () => undefined);

const connecting: readonly StoreCase[] = [
  {
    name: 'a token opens with its PIN, and with no other',
    async run(place) {
      (await connected(place, 'cluster-blueblueblue')).close();
      await failsWith(connectWith(place, 'cluster-blueblueblue', 'another pin'), 'INVALID_CREDENTIALS');
      (await connected(place, 'cluster-blueblueblue')).close();
    },
  },
  {
    name: 'with a PIN file a wrong password does not reach the token',
    async run(place) {
      const attempt = connectWith(place, 'cluster-greengreengreen', 'another pin');
      await failsWith(attempt, 'INVALID_CREDENTIALS');
      await assert.rejects(attempt, (error: Error) => /that the operator keeps/.test(String(error.cause)));
      (await connected(place, 'cluster-greengreengreen')).close();
    },
  },
  {
    name: 'a token without its user, a label that no token has, and a cluster that is not listed are told apart',
    async run(place) {
      await failsWith(connectWith(place, 'cluster-emptyemptyempty', PIN), 'USER_NOT_FOUND');
      await failsWith(connectWith(place, 'cluster-gonegonegone', PIN), 'CLUSTER_NOT_FOUND');
      await failsWith(connectWith(place, 'cluster-nobodyListsIt', PIN), 'CLUSTER_NOT_FOUND');
    },
  },
  {
    name: 'a module that can not be loaded is an internal error',
    run: (place) => failsWith(connectWith(place, 'cluster-brokenbroken', PIN), 'INTERNAL_ERROR'),
  },
  {
    name: 'a store can be made of a listed token with its certificate by an account that may',
    async run(place) {
      const check = (clusterId: string, more: Partial<keystore.StoreSettings> = {}) =>
        place.backend.check(settingsOf(place, clusterId, more));
      await check('cluster-blueblueblue');
      await refuses(() => check('cluster-nobodyListsIt'), 'CloudHsmClusterNotFoundException');
      await refuses(() => check('cluster-greengreengreen', { accountId: OTHER_ACCOUNT }), 'CloudHsmClusterNotFoundException');
      await refuses(() => check('cluster-gonegonegone'), 'CloudHsmClusterNotActiveException');
      await refuses(() => check('cluster-brokenbroken'), 'CloudHsmClusterNotActiveException');
      const backend = { $case: 'hsm', value: { clusterId: 'cluster-blueblueblue', trustAnchorCertificate: 'no certificate' } } as const;
      await refuses(() => check('cluster-blueblueblue', { backend }), 'IncorrectTrustAnchorException');
    },
  },
];

const keys: readonly StoreCase[] = [
  {
    name: 'a key stays in its token from one connection to the next',
    async run(place) {
      const first = await connected(place, 'cluster-blueblueblue');
      const key = await aKey(first);
      const ciphertext = await key.encrypt('orders', { tenant: 'blue' });
      first.close();
      const second = await connected(place, 'cluster-blueblueblue');
      assert.equal(await keyIn(second, key.objectId, key.name).decrypt(ciphertext, { tenant: 'blue' }), 'orders');
      second.close();
    },
  },
  {
    name: 'a key of one token is not in another',
    async run(place) {
      const [blue, green] = [await connected(place, 'cluster-blueblueblue'), await connected(place, 'cluster-greengreengreen')];
      const key = await aKey(blue);
      const ciphertext = await key.encrypt('orders');
      await refuses(() => keyIn(green, key.objectId, key.name).decrypt(ciphertext), 'KMSInvalidStateException');
      for (const store of [blue, green]) store.close();
    },
  },
  {
    name: 'a ciphertext says which key made it; altered, of another context or key it does not open',
    async run(place) {
      const store = await connected(place, 'cluster-blueblueblue');
      const [key, other] = [await aKey(store), await aKey(store)];
      const ciphertext = await key.encrypt('orders', { tenant: 'blue' });
      const { header } = parseCiphertext(ciphertext);
      assert.deepEqual([header.keyId, header.region], [key.name.keyId, key.name.region]);
      const altered = Buffer.from(ciphertext);
      altered[altered.length - 1] = (altered.at(-1) ?? 0) ^ 1;
      await refuses(() => key.decrypt(altered, { tenant: 'blue' }), 'InvalidCiphertextException');
      await refuses(() => key.decrypt(ciphertext, { tenant: 'red' }), 'InvalidCiphertextException');
      await refuses(() => other.decrypt(ciphertext, { tenant: 'blue' }), 'InvalidCiphertextException');
      await refuses(() => keyIn(store, other.objectId, key.name).decrypt(ciphertext, { tenant: 'blue' }), 'InvalidCiphertextException');
      assert.equal(await key.decrypt(ciphertext, { tenant: 'blue' }), 'orders');
      store.close();
    },
  },
  {
    name: 'no two ciphertexts of a key share nonce and IV',
    async run(place) {
      const store = await connected(place, 'cluster-blueblueblue');
      const key = await aKey(store);
      const named = async (): Promise<string> => {
        const { header } = parseCiphertext(await key.encrypt('x'));
        return `${header.nonce.toString('hex')}/${header.iv.toString('hex')}`;
      };
      const names = new Set<string>();
      for (let n = 0; n < 500; n++) names.add(await named());
      assert.equal(names.size, 500);
      store.close();
    },
  },
  {
    name: 'a destroyed key opens nothing, and is destroyed as often as one likes',
    async run(place) {
      const store = await connected(place, 'cluster-blueblueblue');
      const key = await aKey(store);
      const ciphertext = await key.encrypt('orders');
      await store.deleteKey(key.objectId, Infinity);
      await store.deleteKey(key.objectId, Infinity);
      await refuses(() => key.decrypt(ciphertext), 'KMSInvalidStateException');
      store.close();
    },
  },
  {
    name: 'stores of one token share its login, which ends with the last of them; the second one’s password is checked too',
    async run(place) {
      const [one, two] = [await connected(place, 'cluster-blueblueblue'), await connected(place, 'cluster-blueblueblue')];
      await failsWith(connectWith(place, 'cluster-blueblueblue', 'another pin'), 'INVALID_CREDENTIALS');
      const key = await aKey(two);
      one.close();
      assert.equal(await key.decrypt(await key.encrypt('orders')), 'orders');
      two.close();
      (await connected(place, 'cluster-blueblueblue')).close();
    },
  },
  {
    name: 'keys are made side by side, each its own',
    async run(place) {
      const store = await connected(place, 'cluster-blueblueblue');
      const made = await Promise.all(Array.from({ length: 5 }, () => aKey(store)));
      assert.equal(new Set(made.map(({ objectId }) => objectId)).size, 5);
      store.close();
    },
  },
  {
    name: 'random bytes come from the token',
    async run(place) {
      const store = await connected(place, 'cluster-blueblueblue');
      const [first, second] = [await store.random(32, Infinity), await store.random(32, Infinity)];
      assert.equal(first.length, 32);
      assert.notDeepEqual(first, second);
      store.close();
    },
  },
];

const held: readonly StoreCase[] = [
  {
    name: 'a process tells what it may connect and holds; a store of new settings is connected anew, and one that is not held is not found',
    async run(place) {
      const stores = new ConnectedStores([place.backend], place.log);
      const settings = settingsOf(place, 'cluster-blueblueblue');
      const { storeId } = settings;
      const connect = (version: bigint, password = PIN) =>
        stores.connect({ settings: { ...settings, version }, secret: Buffer.from(password) }, Infinity);
      await refuses(() => Promise.resolve().then(() => stores.get(storeId)), 'CustomKeyStoreNotFoundException');
      assert.deepEqual(await connect(1n), { connectionErrorCode: '' });
      const first = stores.get(storeId);
      assert.deepEqual(await connect(1n), { connectionErrorCode: '' });
      assert.equal(stores.get(storeId), first);
      assert.deepEqual(await connect(2n, 'another pin'), { connectionErrorCode: 'INVALID_CREDENTIALS' });
      assert.deepEqual(await connect(2n), { connectionErrorCode: '' });
      assert.notEqual(stores.get(storeId), first);
      assert.deepEqual(stores.status().connected, [{ storeId, version: 2n }]);
      assert.ok(stores.status().clusterIds.includes('cluster-blueblueblue'));
      for (let times = 0; times < 2; times++) await stores.disconnect(storeId);
      await refuses(() => Promise.resolve().then(() => stores.get(storeId)), 'CustomKeyStoreNotFoundException');
    },
  },
  {
    name: 'the secret of a store is wiped when it has been used',
    async run(place) {
      const stores = new ConnectedStores([place.backend], place.log);
      const settings = settingsOf(place, 'cluster-blueblueblue');
      const given = Buffer.from(PIN);
      await stores.connect({ settings, secret: given }, Infinity);
      assert.deepEqual(given, Buffer.alloc(PIN.length));
      stores.closeAll();
      assert.deepEqual(stores.status().connected, []);
    },
  },
];

export const storeCases: readonly StoreCase[] = [...connecting, ...keys, ...held];
