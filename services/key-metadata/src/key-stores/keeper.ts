import { defineEvents, type Endpoint, type Logger } from '@trent/bootstrap';
import type { Database } from '@trent/postgres';
import { LRUCache } from 'lru-cache';
import { changeConnection, claimConnecting, keptStores, type KeptStore, type KeyStoreRow } from '../store/key-stores.ts';
import { mayConnect, type KeyStoreProcesses, type Roll } from './processes.ts';
import { settingsOf } from './settings.ts';

/** How soon a store that is to be connected is taken up, and a process that started anew gets its stores back. */
const EVERY_MS = 1_000;
/** Longest that connecting may take; other replicas leave the store alone for so long. */
const CONNECT_MS = 20_000;
const DISCONNECT_MS = 5_000;
/** No permit lives so long: a process that could not be told holds the store for nobody. */
const PERMITS_ENDED_SECONDS = 10;
/** A process that could not connect a store again is left alone for so long: wrong credentials lock users out. */
const PATIENCE_MS = 30_000;
/** Ten stores an account, a few of them in trouble. */
const MAX_WAITS = 10_000;

const keeperEvents = defineEvents({
  failed: 'key_stores.keeper_failed',
  connected: 'key_stores.connected',
  refused: 'key_stores.connection_failed',
});

export interface KeeperDeps {
  readonly db: Database;
  readonly processes: Pick<KeyStoreProcesses, 'callTheRoll' | 'connect' | 'disconnect'>;
  /** The secret of a store, in clear: whoever gets it wipes it. */
  readonly unsealSecret: (store: KeyStoreRow, deadline: number) => Promise<Buffer>;
  readonly log: Logger;
  readonly monotonicMs: () => number;
}

/**
 * Makes true what the rows say: connects stores that are to be connected, gives a process that started anew its stores back, and ends what is no
 * longer to be. Every replica keeps; that two do the same does no harm.
 */
export class Keeper {
  readonly #deps: KeeperDeps;
  /** Store and endpoint → when it may be tried again. */
  readonly #waits = new LRUCache<string, number>({ max: MAX_WAITS });
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(deps: KeeperDeps) {
    this.#deps = deps;
    this.#arm(EVERY_MS);
  }

  /** Somebody changed what the rows say: no need to wait for the next round. */
  wake(): void {
    clearTimeout(this.#timer);
    this.#arm(0);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#round;
  }

  #arm(delayMs: number): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#round = this.#round
        .then(() => this.keep())
        .catch((error: unknown) => this.#deps.log.warn(keeperEvents.failed, {}, error))
        .finally(() => {
          clearTimeout(this.#timer);
          this.#arm(EVERY_MS);
        });
    }, delayMs);
    this.#timer.unref();
  }

  /** One round; public for tests. */
  async keep(): Promise<void> {
    // The processes first: what one of them held then and no row wants now is held for nobody.
    const roll = await this.#deps.processes.callTheRoll();
    const stores = await keptStores(this.#deps.db);
    await Promise.all(stores.map((store) => this.#keepOne(store, roll)));
    const wanted = new Set(stores.filter(({ state }) => state !== 'DISCONNECTING').map(({ storeId }) => storeId));
    const unwanted = new Set(roll.processes.flatMap(({ status }) => status.connected.map(({ storeId }) => storeId)));
    for (const storeId of unwanted) if (!wanted.has(storeId)) await this.#deps.processes.disconnect(storeId, this.#in(DISCONNECT_MS));
  }

  async #keepOne(store: KeptStore, roll: Roll): Promise<void> {
    if (store.state === 'CONNECTING') await this.#connect(store, roll);
    else if (store.state === 'CONNECTED') await this.#connectAgain(store, roll);
    else await this.#finishDisconnecting(store);
  }

  async #connect(store: KeptStore, roll: Roll): Promise<void> {
    const { db, log, processes } = this.#deps;
    if (!(await claimConnecting(db, store, CONNECT_MS / 1000))) return;
    const settings = settingsOf(store);
    const codes = await Promise.all(mayConnect(roll, settings).map(({ endpoint }) => this.#connectOn(endpoint, store)));
    const code = codes.includes('') ? '' : (codes[0] ?? codeOfNobody(store, roll));
    const fields = { store_id: store.storeId, region: store.region, reason: code };
    if (code !== '') {
      log.warn(keeperEvents.refused, fields);
      await changeConnection(db, store, 'CONNECTING', 'FAILED', code);
      return;
    }
    log.info(keeperEvents.connected, fields);
    if (!(await changeConnection(db, store, 'CONNECTING', 'CONNECTED'))) await processes.disconnect(store.storeId, this.#in(DISCONNECT_MS));
  }

  /** A process that started anew, or lost the store, or holds it with settings of before. */
  async #connectAgain(store: KeptStore, roll: Roll): Promise<void> {
    const lacking = mayConnect(roll, settingsOf(store)).filter(
      ({ status }) => !status.connected.some(({ storeId, version }) => storeId === store.storeId && version === store.version),
    );
    for (const { endpoint } of lacking) {
      const name = `${store.storeId}/${String(store.version)}/${endpoint.host}:${String(endpoint.port)}`;
      if (this.#deps.monotonicMs() < (this.#waits.get(name) ?? 0)) continue;
      if ((await this.#connectOn(endpoint, store)) === '') this.#waits.delete(name);
      else this.#waits.set(name, this.#in(PATIENCE_MS));
    }
  }

  async #connectOn(endpoint: Endpoint, store: KeptStore): Promise<string> {
    const deadline = this.#in(CONNECT_MS);
    const secret = await this.#deps.unsealSecret(store, deadline);
    try {
      return await this.#deps.processes.connect(endpoint, settingsOf(store), secret, deadline);
    } finally {
      secret.fill(0);
    }
  }

  async #finishDisconnecting(store: KeptStore): Promise<void> {
    const all = await this.#deps.processes.disconnect(store.storeId, this.#in(DISCONNECT_MS));
    if (all || store.secondsInState > PERMITS_ENDED_SECONDS) await changeConnection(this.#deps.db, store, 'DISCONNECTING', 'DISCONNECTED');
  }

  #in(ms: number): number {
    return this.#deps.monotonicMs() + ms;
  }
}

/** Nobody may connect it: the cluster is in no list any more, or who has it is away. */
function codeOfNobody({ type }: KeyStoreRow, { isComplete }: Roll): string {
  if (!isComplete) return 'NETWORK_ERRORS';
  return type === 'AWS_CLOUDHSM' ? 'CLUSTER_NOT_FOUND' : 'XKS_PROXY_NOT_REACHABLE';
}
