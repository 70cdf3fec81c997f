import { X509Certificate } from 'node:crypto';
import type { keystore } from '@trent/contracts';
import { fail, isTrentError } from '@trent/errors';
import type { SecretBytes } from '@trent/secret-bytes';
import { ConnectFailure, type ConnectedStore, type StoreBackend } from '../backend.ts';
import type { Cluster } from './clusters.ts';
import { HsmStore } from './hsm-store.ts';
import { findToken, missingMechanisms, Modules, TokenLogin } from './token-login.ts';

/** Custom key stores of type AWS_CLOUDHSM: users' own PKCS#11 tokens, from the operator's list. */
export class HsmBackend implements StoreBackend {
  readonly kind = 'hsm';
  readonly #clusters: ReadonlyMap<string, Cluster>;
  readonly #modules = new Modules();
  /** By cluster: stores of different accounts share the token's login. */
  readonly #logins = new Map<string, TokenLogin>();

  constructor(clusters: readonly Cluster[]) {
    this.#clusters = new Map(clusters.map((cluster) => [cluster.clusterId, cluster]));
  }

  get clusterIds(): readonly string[] {
    return [...this.#clusters.keys()];
  }

  /**
   * The cluster is listed and open to the account, the certificate is its own, its token is there and can what keys need.
   * https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateCustomKeyStore.html
   */
  check(settings: keystore.StoreSettings): Promise<void> {
    return new Promise((resolve) => {
      this.#check(settings);
      resolve();
    });
  }

  #check(settings: keystore.StoreSettings): void {
    const { cluster, trustAnchor } = this.#named(settings);
    if (cluster === undefined) fail('CloudHsmClusterNotFoundException');
    if (!isSameCertificate(trustAnchor, cluster.trustAnchor)) fail('IncorrectTrustAnchorException');
    try {
      const token = findToken(this.#modules, cluster);
      if (token === undefined) return fail('CloudHsmClusterNotActiveException');
      if (missingMechanisms(token).length > 0) fail('CloudHsmClusterInvalidConfigurationException');
    } catch (error) {
      if (isTrentError(error)) throw error;
      fail('CloudHsmClusterNotActiveException', undefined, { cause: error });
    }
  }

  connect(
    settings: keystore.StoreSettings,
    password: SecretBytes,
    _deadline: number,
    onLost: (store: ConnectedStore) => void,
  ): Promise<ConnectedStore> {
    const { cluster } = this.#named(settings);
    if (cluster === undefined) return Promise.reject(new ConnectFailure('CLUSTER_NOT_FOUND', new Error('the cluster is not in the list')));
    return new Promise((resolve) => resolve(this.#storeOf(cluster, password, onLost)));
  }

  #storeOf(cluster: Cluster, password: SecretBytes, onLost: (store: ConnectedStore) => void): ConnectedStore {
    const login = this.#logins.get(cluster.clusterId)?.share(password) ?? TokenLogin.open(this.#modules, cluster, password);
    this.#logins.set(cluster.clusterId, login);
    const release = (): void => {
      if (login.release() && this.#logins.get(cluster.clusterId) === login) this.#logins.delete(cluster.clusterId);
    };
    return new HsmStore(login, release, onLost);
  }

  #named({ accountId, backend }: keystore.StoreSettings) {
    const hsm = backend?.$case === 'hsm' ? backend.value : fail('KMSInternalException');
    const cluster = this.#clusters.get(hsm.clusterId);
    const isOpen = cluster?.accounts === undefined || cluster.accounts.includes(accountId);
    return { cluster: isOpen ? cluster : undefined, trustAnchor: hsm.trustAnchorCertificate };
  }
}

/** By what the certificates say, not by how the PEM is laid out. */
function isSameCertificate(pem: string, expected: X509Certificate): boolean {
  try {
    return new X509Certificate(pem).raw.equals(expected.raw);
  } catch {
    return false;
  }
}
