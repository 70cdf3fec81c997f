import type { Endpoint } from '@trent/bootstrap';
import { keystore } from '@trent/contracts';
import { fail, isTrentError } from '@trent/errors';
import type { UnaryLink } from '@trent/grpc-link';

const { getStatus, checkStore, connectStore, disconnectStore, deleteKey } = keystore.StoreServiceService;
/** A process that does not answer so soon is away. */
const STATUS_MS = 2_000;

/** A key-store process that answered. */
export interface AnsweringProcess {
  readonly endpoint: Endpoint;
  readonly status: keystore.GetStatusResponse;
}

/** All processes that answered, and whether those are all. */
export interface Roll {
  readonly processes: readonly AnsweringProcess[];
  readonly isComplete: boolean;
}

/** The key-store processes of the deployment: which of them may connect what, they say themselves. */
export class KeyStoreProcesses {
  readonly #link: UnaryLink | undefined;

  /** @param link undefined: the deployment has none */
  constructor(link: UnaryLink | undefined) {
    this.#link = link;
  }

  async callTheRoll(): Promise<Roll> {
    const link = this.#link;
    if (link === undefined) return { processes: [], isComplete: true };
    const endpoints = link.endpoints();
    const deadline = performance.now() + STATUS_MS;
    const asked = await Promise.allSettled(
      endpoints.map(async (endpoint) => ({ endpoint, status: await link.call(getStatus, {}, { deadline, repeat: 'safe', endpoint }) })),
    );
    const processes = asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    return { processes, isComplete: processes.length === endpoints.length };
  }

  /**
   * Asks a process that may connect such a store whether it can be made.
   * @throws CloudHsmClusterNotFoundException; KMSInternalException when who might is away; what the process says
   */
  async check(settings: keystore.StoreSettings, secret: Buffer, deadline: number): Promise<void> {
    const roll = await this.callTheRoll();
    const [first] = mayConnect(roll, settings);
    if (first === undefined) return refuseUnserved(roll, settings);
    await this.#linkOrNone().call(checkStore, { settings, secret }, { deadline, repeat: 'once', endpoint: first.endpoint });
  }

  /** @returns AWS's ConnectionErrorCode; '': connected */
  async connect(endpoint: Endpoint, settings: keystore.StoreSettings, secret: Buffer, deadline: number): Promise<string> {
    try {
      const { connectionErrorCode } = await this.#linkOrNone().call(
        connectStore,
        { settings, secret },
        { deadline, repeat: 'once', endpoint },
      );
      return connectionErrorCode;
    } catch (error) {
      if (!isTrentError(error)) throw error;
      return 'NETWORK_ERRORS';
    }
  }

  /** Disconnects a store wherever it is held. @returns whether all processes said so */
  async disconnect(storeId: string, deadline: number): Promise<boolean> {
    const link = this.#link;
    if (link === undefined) return true;
    const asked = await Promise.allSettled(
      link.endpoints().map((endpoint) => link.call(disconnectStore, { storeId }, { deadline, repeat: 'safe', endpoint })),
    );
    return asked.every(({ status }) => status === 'fulfilled');
  }

  /** Destroys a key in its store. @throws CustomKeyStoreNotFoundException when nobody holds the store connected */
  async deleteKey(storeId: string, objectId: string, deadline: number): Promise<void> {
    const { processes } = await this.callTheRoll();
    const holder = processes.find(({ status }) => status.connected.some((one) => one.storeId === storeId));
    if (holder === undefined) return fail('CustomKeyStoreNotFoundException');
    await this.#linkOrNone().call(deleteKey, { storeId, objectId }, { deadline, repeat: 'safe', endpoint: holder.endpoint });
  }

  #linkOrNone(): UnaryLink {
    return this.#link ?? fail('KMSInternalException');
  }
}

/** The processes that may connect such a store. */
export function mayConnect({ processes }: Roll, { backend }: keystore.StoreSettings): readonly AnsweringProcess[] {
  return processes.filter(({ status }) =>
    backend?.$case === 'hsm' ? status.clusterIds.includes(backend.value.clusterId) : status.external,
  );
}

function refuseUnserved({ isComplete }: Roll, { backend }: keystore.StoreSettings): never {
  if (!isComplete) fail('KMSInternalException', '', { cause: 'a key-store process does not answer' });
  if (backend?.$case === 'hsm') fail('CloudHsmClusterNotFoundException');
  return fail('UnsupportedOperationException', 'CustomKeyStoreType EXTERNAL_KEY_STORE is not served.');
}
