import type { Agent } from 'node:https';
import type { HmacKey, SecretBytes } from '@trent/secret-bytes';
import { reveal } from '@trent/secret-bytes/reveal';
import { formatAmzDate, signingKey, signRequest } from '@trent/sigv4';
import {
  readDecryptAnswer,
  readEncryptAnswer,
  readHealthAnswer,
  readMetadataAnswer,
  type ExternalKey,
  type RawAnswer,
  type SealedOutside,
} from './answers.ts';
import { CallLimit } from './call-limit.ts';
import { exchange, openAgent, type XksTls } from './exchange.ts';
import { failXks } from './failure.ts';
import { decryptBody, encryptBody, plainBody, type XksCaller } from './requests.ts';
import { routeTo, type AllowedProxies, type ProxyPlace, type XksRoute } from './routes.ts';

/** Name of the service in the credential scope (XKS Proxy API, Appendix A). */
const SERVICE = 'kms-xks-proxy';

/** An external key store's proxy: where it is and as whom Trent signs. */
export interface XksStore extends ProxyPlace {
  /** `[/prefix]/kms/xks/v1` */
  readonly uriPath: string;
  readonly region: string;
  readonly accessKeyId: string;
  /** Owned by the caller until close(). */
  readonly secretAccessKey: SecretBytes;
}

/** What the operator set, the same for every store. */
export interface XksEgress {
  readonly allowed: AllowedProxies;
  readonly tls: XksTls;
  /** For a whole answer, connection included. */
  readonly timeoutMs: number;
  /** Calls at once to one store. */
  readonly concurrency: number;
  readonly now: () => number;
}

/** Version 1 of the XKS Proxy API, towards the proxy of one store. Every failure is an XksFailure. */
export class XksProxy implements Disposable {
  readonly #store: XksStore;
  readonly #egress: XksEgress;
  readonly #route: XksRoute;
  readonly #agent: Agent;
  readonly #limit: CallLimit;
  #dayKey: { readonly date: string; readonly key: HmacKey } | undefined;

  /** @throws XksFailure when the operator has not allowed the proxy */
  constructor(store: XksStore, egress: XksEgress) {
    this.#store = store;
    this.#egress = egress;
    this.#route = routeTo(egress.allowed, store);
    this.#agent = openAgent(this.#route, egress.tls, egress.concurrency);
    this.#limit = new CallLimit(egress.concurrency);
  }

  /** GetHealthStatus: returns when the proxy answers and one of its key managers serves. */
  async health(caller: XksCaller): Promise<void> {
    readHealthAnswer(await this.#call('/health', plainBody(caller)));
  }

  /** GetKeyMetadata. */
  async keyMetadata(externalKeyId: string, caller: XksCaller): Promise<ExternalKey> {
    return readMetadataAnswer(await this.#call(`/keys/${externalKeyId}/metadata`, plainBody(caller)));
  }

  /** Encrypt, with the integrity value checked. @param plaintext at most 4,300 bytes */
  async encrypt(externalKeyId: string, caller: XksCaller, aad: Uint8Array, plaintext: Uint8Array): Promise<SealedOutside> {
    const answer = await this.#call(`/keys/${externalKeyId}/encrypt`, encryptBody(caller, aad, plaintext));
    return readEncryptAnswer(answer, aad, plaintext.length);
  }

  /** Decrypt. */
  async decrypt(externalKeyId: string, caller: XksCaller, aad: Uint8Array, sealed: SealedOutside): Promise<Buffer> {
    const answer = await this.#call(`/keys/${externalKeyId}/decrypt`, decryptBody(caller, aad, sealed));
    return readDecryptAnswer(answer, sealed.ciphertext.length);
  }

  state(): ReturnType<CallLimit['state']> {
    return this.#limit.state();
  }

  /** Closes the kept connections; calls under way fail. */
  [Symbol.dispose](): void {
    this.#agent.destroy();
    this.#dayKey = undefined;
  }

  async #call(operation: string, body: string): Promise<RawAnswer> {
    const { timeoutMs } = this.#egress;
    const path = `${this.#store.uriPath}${operation}`;
    return this.#limit.run(timeoutMs, () => {
      // Signed when its turn has come: a proxy refuses what is five minutes old.
      const rawHeaders = this.#signedHeaders(path, body);
      return exchange(this.#agent, this.#route, { path, rawHeaders, body }, timeoutMs);
    });
  }

  /** `host` and `x-amz-date` are signed, and nothing else: what AWS KMS signs. */
  #signedHeaders(path: string, body: string): string[] {
    const { accessKeyId, secretAccessKey, region } = this.#store;
    const amzDate = formatAmzDate(this.#egress.now());
    const signed = signRequest({
      method: 'POST',
      path,
      query: '',
      rawHeaders: ['Host', this.#route.host],
      body,
      credentials: { accessKeyId, secretAccessKey: reveal(secretAccessKey) },
      region,
      service: SERVICE,
      amzDate,
      dayKey: this.#dayKeyOf(amzDate.slice(0, 8)),
    });
    return [...signed, 'Content-Type', 'application/json', 'Accept', 'application/json', 'Connection', 'keep-alive'];
  }

  #dayKeyOf(date: string): HmacKey {
    if (this.#dayKey?.date !== date) {
      const { secretAccessKey, region } = this.#store;
      this.#dayKey = { date, key: signingKey(reveal(secretAccessKey), date, region, SERVICE) };
    }
    return this.#dayKey.key;
  }
}

/** An external key id as it may stand in a path (AWS KMS model, XksKeyIdType). @throws XksFailure of kind KeyNotFoundException */
export function checkExternalKeyId(id: string): string {
  return /^[a-zA-Z0-9-_.]{1,128}$/.test(id) && !/^\.{1,2}$/.test(id) ? id : failXks('KeyNotFoundException');
}
