import { defineEvents, type Logger } from '@trent/bootstrap';
import { keystore } from '@trent/contracts';
import { fail } from '@trent/errors';
import { SecretBytes } from '@trent/secret-bytes';
import { ConnectFailure, type ConnectedStore, type StoreBackend } from './backend.ts';

const storeEvents = defineEvents({
  connected: 'key_store.connected',
  refused: 'key_store.connection_failed',
  disconnected: 'key_store.disconnected',
  lost: 'key_store.lost',
});

interface Held {
  readonly version: bigint;
  readonly store: ConnectedStore;
}

/**
 * The stores that this process holds connected. Nothing of it outlives the process: key-metadata sees what is missing and connects it again.
 */
export class ConnectedStores {
  readonly #backends: readonly StoreBackend[];
  readonly #log: Logger;
  readonly #held = new Map<string, Held>();
  /** Connecting and disconnecting of one store come one after the other. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(backends: readonly StoreBackend[], log: Logger) {
    this.#backends = backends;
    this.#log = log;
  }

  status(): keystore.GetStatusResponse {
    return keystore.GetStatusResponse.create({
      clusterIds: this.#backends.flatMap(({ clusterIds }) => clusterIds),
      external: this.#backends.some(({ kind }) => kind === 'xks'),
      connected: [...this.#held].map(([storeId, { version }]) => ({ storeId, version })),
    });
  }

  /** The store, connected. @throws CustomKeyStoreNotFoundException: another process may hold it */
  get(storeId: string): ConnectedStore {
    return this.#held.get(storeId)?.store ?? fail('CustomKeyStoreNotFoundException');
  }

  async check({ settings, secret }: keystore.CheckStoreRequest, deadline: number): Promise<keystore.CheckStoreResponse> {
    using held = SecretBytes.take(secret);
    await this.#backendOf(settings).check(known(settings), held, deadline);
    return {};
  }

  connect(request: keystore.ConnectStoreRequest, deadline: number): Promise<keystore.ConnectStoreResponse> {
    const settings = known(request.settings);
    return this.#inTurn(settings.storeId, () => this.#connect(settings, request.secret, deadline));
  }

  disconnect(storeId: string): Promise<keystore.DisconnectStoreResponse> {
    return this.#inTurn(storeId, () => {
      this.#drop(storeId);
      return {};
    });
  }

  closeAll(): void {
    for (const storeId of [...this.#held.keys()]) this.#drop(storeId);
  }

  async #connect(settings: keystore.StoreSettings, secret: Buffer, deadline: number): Promise<keystore.ConnectStoreResponse> {
    using secretBytes = SecretBytes.take(secret);
    const { storeId, version } = settings;
    if (this.#held.get(storeId)?.version === version) return { connectionErrorCode: '' };
    try {
      const onLost = (store: ConnectedStore): void => this.#lost(storeId, store);
      const store = await this.#backendOf(settings).connect(settings, secretBytes, deadline, onLost);
      this.#drop(storeId);
      this.#held.set(storeId, { version, store });
      this.#log.info(storeEvents.connected, { store_id: storeId });
      return { connectionErrorCode: '' };
    } catch (error) {
      if (!(error instanceof ConnectFailure)) throw error;
      this.#log.warn(storeEvents.refused, { store_id: storeId, reason: error.connectionErrorCode }, error.cause);
      return { connectionErrorCode: error.connectionErrorCode };
    }
  }

  #drop(storeId: string): void {
    const held = this.#held.get(storeId);
    if (held === undefined) return;
    this.#held.delete(storeId);
    held.store.close();
    this.#log.info(storeEvents.disconnected, { store_id: storeId });
  }

  #lost(storeId: string, store: ConnectedStore): void {
    if (this.#held.get(storeId)?.store !== store) return;
    this.#log.warn(storeEvents.lost, { store_id: storeId });
    this.#drop(storeId);
  }

  #backendOf(settings: keystore.StoreSettings | undefined): StoreBackend {
    return (
      this.#backends.find(({ kind }) => kind === settings?.backend?.$case) ??
      fail('KMSInternalException', '', { cause: 'this process is not configured for such a store' })
    );
  }

  #inTurn<R>(storeId: string, deed: () => R | Promise<R>): Promise<R> {
    const before = this.#turns.get(storeId) ?? Promise.resolve();
    const turn = before.then(deed, deed);
    this.#turns.set(storeId, turn);
    const forget = (): void => {
      if (this.#turns.get(storeId) === turn) this.#turns.delete(storeId);
    };
    turn.then(forget, forget);
    return turn;
  }
}

function known(settings: keystore.StoreSettings | undefined): keystore.StoreSettings {
  return settings ?? fail('KMSInternalException', '', { cause: 'a store without settings' });
}
