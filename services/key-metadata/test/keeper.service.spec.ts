import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { silentLogger, type Endpoint } from '@trent/bootstrap';
import { keystore } from '@trent/contracts';
import { Keeper, type KeeperDeps } from '../src/key-stores/keeper.ts';
import { NO_SETTINGS } from '../src/key-stores/settings.ts';
import { changeConnection, insertKeyStore, listKeyStores, updateKeyStore, type ConnectionState } from '../src/store/key-stores.ts';
import { ACCOUNT, KeyStore, REGION } from './support/key-store.ts';
import type { AccountId, RegionName } from '@trent/identifiers';

const CLUSTER = 'cluster-abcdefghijk';
let database: KeyStore;
let made = 0;
const keepers: Keeper[] = [];
beforeAll(async () => {
  database = await KeyStore.start();
}, 120_000);
afterEach(async () => {
  for (const keeper of keepers.splice(0)) await keeper.close();
  await database.db.query('delete from key_stores');
});
afterAll(() => database[Symbol.asyncDispose]());

/** Key-store processes as a keeper sees them: who is away, what each holds, what it answers to who connects. */
class Processes {
  readonly held = new Map<string, Map<string, bigint>>();
  readonly away = new Set<string>();
  answer = '';
  attempts = 0;

  constructor(...hosts: string[]) {
    for (const host of hosts) this.held.set(host, new Map());
  }

  readonly deps: KeeperDeps['processes'] = {
    callTheRoll: () => {
      const here = [...this.held].filter(([host]) => !this.away.has(host));
      const processes = here.map(([host, stores]) => ({
        endpoint: { host, port: 1, zone: 'a' },
        status: keystore.GetStatusResponse.create({
          clusterIds: [CLUSTER],
          connected: [...stores].map(([storeId, version]) => ({ storeId, version })),
        }),
      }));
      return Promise.resolve({ processes, isComplete: this.away.size === 0 });
    },
    connect: ({ host }: Endpoint, { storeId, version }) => {
      this.attempts++;
      if (this.answer === '') this.held.get(host)?.set(storeId, version);
      return Promise.resolve(this.answer);
    },
    disconnect: (storeId) => {
      for (const [host, stores] of this.held) if (!this.away.has(host)) stores.delete(storeId);
      return Promise.resolve(this.away.size === 0);
    },
  };
}

function keeperOf(processes: Processes): Keeper {
  const keeper = new Keeper({
    db: database.db,
    processes: processes.deps,
    unsealSecret: ({ sealedSecret }) => Promise.resolve(Buffer.from(sealedSecret)),
    log: silentLogger(),
    monotonicMs: () => performance.now(),
  });
  keepers.push(keeper);
  return keeper;
}

async function aStore(state: ConnectionState): Promise<{ region: RegionName; storeId: string }> {
  const store = { region: REGION as RegionName, storeId: `cks-${String(++made)}` };
  const anchor = { trustAnchor: 'pem', trustAnchorDigest: Buffer.alloc(32, made) };
  await database.db.transaction((tx) =>
    insertKeyStore(tx, {
      ...{ ...NO_SETTINGS, ...store, ...anchor, clusterId: CLUSTER },
      ...{ accountId: ACCOUNT as AccountId, name: store.storeId, type: 'AWS_CLOUDHSM', sealedSecret: Buffer.from('sealed') },
    }),
  );
  await changeConnection(database.db, store, 'DISCONNECTED', state);
  return store;
}

async function stateOf({ storeId }: { storeId: string }): Promise<[string | undefined, string | null | undefined]> {
  const [row] = await listKeyStores(database.db, { region: REGION, accountId: ACCOUNT, storeId }, '', 1);
  return [row?.state, row?.errorCode];
}

describe('the keeper of custom key stores', () => {
  test('connects a store that is to be connected on every process that may, and says so', async () => {
    const processes = new Processes('a', 'b');
    const store = await aStore('CONNECTING');
    await keeperOf(processes).keep();
    expect(await stateOf(store)).toEqual(['CONNECTED', null]);
    expect([...processes.held.values()].map((stores) => stores.has(store.storeId))).toEqual([true, true]);
  });

  test('says why a store could not be connected, and leaves it alone from then on', async () => {
    const processes = new Processes('a');
    processes.answer = 'USER_LOCKED_OUT';
    const store = await aStore('CONNECTING');
    const keeper = keeperOf(processes);
    for (let times = 0; times < 3; times++) await keeper.keep();
    expect(await stateOf(store)).toEqual(['FAILED', 'USER_LOCKED_OUT']);
    expect(processes.attempts).toBe(1);
  });

  test('two keepers try a password once', async () => {
    const processes = new Processes('a');
    processes.answer = 'INVALID_CREDENTIALS';
    await aStore('CONNECTING');
    const [one, two] = [keeperOf(processes), keeperOf(processes)];
    await Promise.all([one.keep(), two.keep(), one.keep(), two.keep()]);
    expect(processes.attempts).toBe(1);
  });

  test.each([
    ['CLUSTER_NOT_FOUND', 'no process lists its cluster', [] as string[]],
    ['NETWORK_ERRORS', 'who may list it is away', ['a']],
  ])('fails with %s when %s', async (code, _when, away) => {
    const processes = new Processes(...away);
    for (const host of away) processes.away.add(host);
    const store = await aStore('CONNECTING');
    await keeperOf(processes).keep();
    expect(await stateOf(store)).toEqual(['FAILED', code]);
  });

  test('gives a process that started anew its stores back, and settings that changed', async () => {
    const processes = new Processes('a');
    const store = await aStore('CONNECTING');
    const keeper = keeperOf(processes);
    await keeper.keep();
    processes.held.get('a')?.clear();
    await keeper.keep();
    expect(processes.held.get('a')?.get(store.storeId)).toBe(1n);
    await database.db.transaction((tx) => updateKeyStore(tx, store, { sealedSecret: Buffer.from('other') }));
    await keeper.keep();
    expect(processes.held.get('a')?.get(store.storeId)).toBe(2n);
    expect(await stateOf(store)).toEqual(['CONNECTED', null]);
  });

  test('does not try a process again at once that could not get a store back: wrong credentials lock users out', async () => {
    const processes = new Processes('a');
    const store = await aStore('CONNECTED');
    processes.answer = 'INVALID_CREDENTIALS';
    const keeper = keeperOf(processes);
    for (let times = 0; times < 3; times++) await keeper.keep();
    expect(processes.attempts).toBe(1);
    expect(await stateOf(store)).toEqual(['CONNECTED', null]);
  });

  test('ends what is no longer to be connected: at once when all processes say so', async () => {
    const processes = new Processes('a');
    const store = await aStore('DISCONNECTING');
    processes.held.get('a')?.set(store.storeId, 1n);
    await keeperOf(processes).keep();
    expect(await stateOf(store)).toEqual(['DISCONNECTED', null]);
    expect(processes.held.get('a')?.size).toBe(0);
  });

  test('waits for a process that is away until no permit is alive, and takes the store from it when it is back', async () => {
    const processes = new Processes('a', 'b');
    processes.away.add('b');
    const store = await aStore('DISCONNECTING');
    processes.held.get('b')?.set(store.storeId, 1n);
    const keeper = keeperOf(processes);
    await keeper.keep();
    expect(await stateOf(store)).toEqual(['DISCONNECTING', null]);
    await database.db.query(`update key_stores set state_since = now() - interval '11 seconds'`);
    await keeper.keep();
    expect(await stateOf(store)).toEqual(['DISCONNECTED', null]);
    processes.away.clear();
    await keeper.keep();
    expect(processes.held.get('b')?.size).toBe(0);
  });
});
