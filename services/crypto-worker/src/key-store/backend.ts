import type { keystore } from '@trent/contracts';
import type { SecretBytes } from '@trent/secret-bytes';

/** Why a store could not be connected (AWS KMS model, ConnectionErrorCodeType). */
export type ConnectionErrorCode =
  | 'INTERNAL_ERROR'
  | 'NETWORK_ERRORS'
  | 'CLUSTER_NOT_FOUND'
  | 'INSUFFICIENT_CLOUDHSM_HSMS'
  | 'INVALID_CREDENTIALS'
  | 'USER_LOCKED_OUT'
  | 'USER_LOGGED_IN'
  | 'USER_NOT_FOUND'
  | 'XKS_PROXY_ACCESS_DENIED'
  | 'XKS_PROXY_INVALID_CONFIGURATION'
  | 'XKS_PROXY_INVALID_RESPONSE'
  | 'XKS_PROXY_INVALID_TLS_CONFIGURATION'
  | 'XKS_PROXY_NOT_REACHABLE'
  | 'XKS_PROXY_TIMED_OUT'
  | 'XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION'
  | 'XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND';

/** A store that could not be connected; `cause` is for the log. */
export class ConnectFailure extends Error {
  readonly connectionErrorCode: ConnectionErrorCode;

  constructor(code: ConnectionErrorCode, cause: unknown) {
    super(`the store could not be connected: ${code}`, { cause });
    this.connectionErrorCode = code;
  }
}

/** What custom key stores are made of: one implementation a kind. Deadlines are performance.now() milliseconds. */
export interface StoreBackend {
  /** Which settings are its own. */
  readonly kind: 'hsm' | 'xks';
  /** Clusters that it is configured for; none for a backend that has no such thing. */
  readonly clusterIds: readonly string[];
  /** Whether a store can be made of these settings. @throws {TrentError} what Create- or UpdateCustomKeyStore answers otherwise */
  check(settings: keystore.StoreSettings, secret: SecretBytes, deadline: number): Promise<void>;
  /**
   * Connects a store. The secret is the caller's: who needs it longer keeps a copy.
   * @param onLost is called when the store can not be used any more without being connected anew
   * @throws {ConnectFailure}
   */
  connect(
    settings: keystore.StoreSettings,
    secret: SecretBytes,
    deadline: number,
    onLost: (store: ConnectedStore) => void,
  ): Promise<ConnectedStore>;
}

/** A connected store, held until it is disconnected, lost, or the process ends. */
export interface ConnectedStore {
  /** @returns the name of the key in its store @throws {TrentError} what CreateKey answers */
  createKey(request: keystore.CreateKeyRequest, deadline: number): Promise<string>;
  /** Destroys a key; one that is gone is destroyed. */
  deleteKey(objectId: string, deadline: number): Promise<void>;
  /** @returns a whole ciphertext, with its header @throws {TrentError} what the operation answers */
  encrypt(request: keystore.EncryptRequest, deadline: number): Promise<Buffer>;
  /** @returns the plaintext, which whoever gets it wipes @throws {TrentError} InvalidCiphertextException; what the operation answers */
  decrypt(request: keystore.DecryptRequest, deadline: number): Promise<Buffer>;
  /** @throws UnsupportedOperationException where the store has no generator */
  random(numberOfBytes: number, deadline: number): Promise<Buffer>;
  /** Lets go of everything. */
  close(): void;
}
