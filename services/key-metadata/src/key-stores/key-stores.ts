import { clientCredentials, type Endpoint, type ServiceRuntime } from '@trent/bootstrap';
import { execute } from '@trent/contracts';
import { openUnaryLink, type UnaryLink } from '@trent/grpc-link';
import type { Database } from '@trent/postgres';
import type { KeyStoreRow } from '../store/key-stores.ts';
import { Keeper } from './keeper.ts';
import { KeyStoreProcesses } from './processes.ts';

/** A store as far as its secret is bound to it. */
export type SecretOwner = Pick<KeyStoreRow, 'region' | 'storeId'>;

/** What handlers ask of custom key stores beyond their rows. */
export interface KeyStores {
  readonly processes: Pick<KeyStoreProcesses, 'check' | 'disconnect' | 'deleteKey'>;
  /** Seals a secret for a store, in a crypto worker of its region; the caller wipes what it gave. */
  readonly sealSecret: (owner: SecretOwner, secret: Buffer, deadline: number) => Promise<Buffer>;
  /** The secret of a store, in clear: whoever gets it wipes it. */
  readonly unsealSecret: (store: KeyStoreRow, deadline: number) => Promise<Buffer>;
  /** A store is to be connected: no need to wait. */
  readonly wakeKeeper: () => void;
}

export interface KeyStoreParts {
  readonly endpoints: readonly Endpoint[];
  readonly zone: string;
  readonly db: Database;
  /** The crypto workers of a region. */
  readonly workersOf: (region: string) => UnaryLink;
}

/** Opens the link to the key-store processes and begins to keep the stores as their rows say. */
export function openKeyStores(rt: ServiceRuntime, { endpoints, zone, db, workersOf }: KeyStoreParts): KeyStores {
  const credentials = clientCredentials(rt.tls, 'key-store');
  const link = endpoints.length === 0 ? undefined : openUnaryLink({ name: 'key-store', endpoints, zone, credentials, runtime: rt });
  const processes = new KeyStoreProcesses(link);
  const { seal, unseal } = execute.SealServiceService;
  const unsealSecret = async (store: KeyStoreRow, deadline: number): Promise<Buffer> => {
    const request = { sealed: store.sealedSecret, label: labelOf(store) };
    return (await workersOf(store.region).call(unseal, request, { deadline, repeat: 'safe' })).plaintext;
  };
  const keeper = new Keeper({ db, processes, unsealSecret, log: rt.log, monotonicMs: () => performance.now() });
  rt.onDrain('keeper of key stores', () => keeper.close());
  return {
    processes,
    sealSecret: async (owner, plaintext, deadline) =>
      (await workersOf(owner.region).call(seal, { plaintext, label: labelOf(owner) }, { deadline, repeat: 'safe' })).sealed,
    unsealSecret,
    wakeKeeper: () => keeper.wake(),
  };
}

/** Binds a secret to its store: moved to another row it does not open. */
function labelOf({ region, storeId }: SecretOwner): string {
  return `key-store/${region}/${storeId}`;
}
