import { randomUUID } from 'node:crypto';
import type { keystore } from '@trent/contracts';
import { fail } from '@trent/errors';
import { SecretBytes } from '@trent/secret-bytes';
import { reveal } from '@trent/secret-bytes/reveal';
import { ConnectFailure, type ConnectedStore, type StoreBackend } from '../backend.ts';
import { connectionErrorCodeOf, exceptionOf } from './exceptions.ts';
import { XksProxy, type XksEgress } from './proxy.ts';
import { XksStore } from './xks-store.ts';

const PUBLIC_ENDPOINT = 'PUBLIC_ENDPOINT';
/** Of a store that is being made; every change of its settings raises it. */
const FIRST_VERSION = 1n;

/** Custom key stores of type EXTERNAL_KEY_STORE: keys in other people's key managers, behind proxies that the operator allows. */
export class XksBackend implements StoreBackend {
  readonly kind = 'xks';
  readonly clusterIds = [];
  readonly #egress: XksEgress;

  constructor(egress: XksEgress) {
    this.#egress = egress;
  }

  /**
   * The proxy is allowed, and a public one answers that it is healthy; a private one is asked when the store is connected.
   * https://docs.aws.amazon.com/kms/latest/developerguide/create-xks-keystore.html
   */
  async check(settings: keystore.StoreSettings, secret: SecretBytes): Promise<void> {
    try {
      using proxy = this.#proxyOf(settings, secret);
      if (xksOf(settings).connectivity !== PUBLIC_ENDPOINT) return;
      const kmsOperation = settings.version <= FIRST_VERSION ? 'CreateCustomKeyStore' : 'UpdateCustomKeyStore';
      await proxy.health({ kmsOperation, requestId: randomUUID() });
    } catch (error) {
      throw exceptionOf(error, 'store');
    }
  }

  async connect(settings: keystore.StoreSettings, secret: SecretBytes): Promise<ConnectedStore> {
    // The caller's secret ends with this call; the store signs with a copy.
    const held = SecretBytes.copyOf(reveal(secret));
    try {
      const proxy = this.#proxyOf(settings, held);
      try {
        await proxy.health({ kmsOperation: 'ConnectCustomKeyStore', requestId: randomUUID() });
      } catch (error) {
        proxy[Symbol.dispose]();
        throw error;
      }
      return new XksStore(proxy, held);
    } catch (error) {
      held[Symbol.dispose]();
      throw new ConnectFailure(connectionErrorCodeOf(error), error);
    }
  }

  #proxyOf(settings: keystore.StoreSettings, secretAccessKey: SecretBytes): XksProxy {
    const { uriEndpoint, uriPath, accessKeyId, connectivity, vpcEndpointServiceName } = xksOf(settings);
    const place = connectivity === PUBLIC_ENDPOINT ? { uriEndpoint } : { uriEndpoint, vpcEndpointServiceName };
    return new XksProxy({ ...place, uriPath, accessKeyId, secretAccessKey, region: settings.region }, this.#egress);
  }
}

function xksOf({ backend }: keystore.StoreSettings): keystore.XksSettings {
  return backend?.$case === 'xks' ? backend.value : fail('KMSInternalException', '', { cause: 'no external key store' });
}
