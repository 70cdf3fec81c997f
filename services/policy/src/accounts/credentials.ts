import type { HmacKey } from '@trent/secret-bytes';
import { fail } from '@trent/errors';
import { LoadsInFlight, type Change } from '@trent/feed';
import type { SecretBytes } from '@trent/secret-bytes';
import { reveal } from '@trent/secret-bytes/reveal';
import { signingKey } from '@trent/sigv4';
import { LRUCache } from 'lru-cache';
import type { AccessKeyRow } from '../store/accounts.ts';
import type { HolderRow, KeyUse } from '../store/holders.ts';
import { DocumentCompiler, type Holder } from './holders.ts';
import { certificateSession, principalOf, type Principal } from './principal.ts';

export type { Principal } from './principal.ts';

/** An access key with its secret and the day keys derived of it. */
export interface AccessKey {
  readonly principal: Principal;
  readonly secret: SecretBytes;
  readonly dayKeys: Map<string, HmacKey>;
  /** Of long-term keys the last use that was proven by a signature; written to the store now and then. */
  readonly lastUse?: { atMs: number; service: string; region: string };
}

/** Holders, access keys and certificates held in view: some 2 kB each. */
const MAX_CREDENTIALS = 20_000;
/** Day keys a credential: two days × a few regions × services; beyond, the oldest goes. */
const MAX_DAY_KEYS = 16;

export interface CredentialDeps {
  readonly findAccessKey: (accessKeyId: string, deadline: number) => Promise<AccessKeyRow | undefined>;
  /** ARN of the principal that the certificate is mapped to. */
  readonly findCertificate: (spiffeId: string, deadline: number) => Promise<string | undefined>;
  readonly findHolder: (arn: string, deadline: number) => Promise<HolderRow | undefined>;
  readonly unseal: (sealed: Buffer, label: string, deadline: number) => Promise<SecretBytes>;
}

/** The text AWS has for an access key that is unknown or inactive: which of both is not told. */
const INVALID_TOKEN = 'The security token included in the request is invalid.';

/** Credentials in view, and those who hold them: they live until their principal changes. What is not found is never held. */
export class Credentials {
  readonly #deps: CredentialDeps;
  readonly #compiler = new DocumentCompiler();
  readonly #holders = new LRUCache<string, Holder>({ max: MAX_CREDENTIALS });
  readonly #accessKeys = new LRUCache<string, AccessKey>({ max: MAX_CREDENTIALS, dispose: (key, id) => this.#dispose(id, key) });
  /** Uses of keys that are no longer in view, until they are written; bounded by what changes between two writings. */
  readonly #departed = new LRUCache<string, KeyUse>({ max: MAX_CREDENTIALS });
  readonly #certificates = new LRUCache<string, Principal>({ max: MAX_CREDENTIALS });
  readonly #holderLoads = new LoadsInFlight<Holder>();
  readonly #keyLoads = new LoadsInFlight<AccessKey>();
  readonly #certificateLoads = new LoadsInFlight<Principal>();

  constructor(deps: CredentialDeps) {
    this.#deps = deps;
  }

  accessKey(id: string): AccessKey | undefined {
    return this.#accessKeys.get(id);
  }

  certificate(spiffeId: string): Principal | undefined {
    return this.#certificates.get(spiffeId);
  }

  /** A root, user or role by its ARN, if it is held. */
  holder(arn: string): Holder | undefined {
    return this.#holders.get(arn);
  }

  /** @throws UnrecognizedClientException for an unknown or inactive access key */
  loadAccessKey(id: string, deadline: number): Promise<AccessKey> {
    return this.#keyLoads.load(
      id,
      async () => {
        const row = await this.#deps.findAccessKey(id, deadline);
        if (row?.active !== true) fail('UnrecognizedClientException', INVALID_TOKEN);
        const [holder, secret] = await Promise.all([
          this.loadHolder(row.principalArn, deadline),
          this.#deps.unseal(row.sealedSecret, accessKeyLabel(id), deadline),
        ]);
        return { principal: principalOf(holder, id), secret, dayKeys: new Map(), lastUse: { atMs: 0, service: '', region: '' } };
      },
      (key) => this.#accessKeys.set(id, key),
    );
  }

  /** @throws UnrecognizedClientException for a certificate that no account has mapped */
  loadCertificate(spiffeId: string, deadline: number): Promise<Principal> {
    return this.#certificateLoads.load(
      spiffeId,
      async () => {
        const arn = await this.#deps.findCertificate(spiffeId, deadline);
        if (arn === undefined) fail('UnrecognizedClientException', INVALID_TOKEN);
        const holder = await this.loadHolder(arn, deadline);
        return holder.kind === 'Role' ? certificateSession(holder, spiffeId, Date.now()) : principalOf(holder, '');
      },
      (principal) => this.#certificates.set(spiffeId, principal),
    );
  }

  /**
   * A root, user or role with its documents.
   * @throws UnrecognizedClientException when there is none
   */
  async loadHolder(arn: string, deadline: number): Promise<Holder> {
    return (
      this.#holders.get(arn) ??
      this.#holderLoads.load(
        arn,
        async () => {
          const row = await this.#deps.findHolder(arn, deadline);
          return row === undefined ? fail('UnrecognizedClientException', INVALID_TOKEN) : this.#compiler.holder(row);
        },
        (holder) => this.#holders.set(arn, holder),
      )
    );
  }

  /** A principal changed: all that was loaded for it goes. Few credentials belong to one, but finding them is a walk, which changes can afford. */
  forget(change: Change): void {
    this.#holders.delete(change.id);
    for (const [id, key] of this.#accessKeys.entries()) if (key.principal.holder.arn === change.id) this.#accessKeys.delete(id);
    for (const [id, principal] of this.#certificates.entries()) if (principal.holder.arn === change.id) this.#certificates.delete(id);
    this.#overtakeAll();
  }

  forgetAll(): void {
    this.#holders.clear();
    this.#accessKeys.clear();
    this.#certificates.clear();
    this.#overtakeAll();
  }

  /** Last uses of access keys since then, epoch milliseconds. */
  usesSince(sinceMs: number): KeyUse[] {
    const uses = [...this.#departed.values()];
    this.#departed.clear();
    for (const [accessKeyId, { lastUse }] of this.#accessKeys.entries()) {
      if (lastUse !== undefined && lastUse.atMs >= sinceMs) uses.push({ accessKeyId, ...lastUse });
    }
    return uses;
  }

  state(): object {
    return { holders: this.#holders.size, accessKeys: this.#accessKeys.size, certificates: this.#certificates.size };
  }

  #dispose(accessKeyId: string, { secret, lastUse }: AccessKey): void {
    secret[Symbol.dispose]();
    if (lastUse !== undefined && lastUse.atMs > 0) this.#departed.set(accessKeyId, { accessKeyId, ...lastUse });
  }

  #overtakeAll(): void {
    this.#holderLoads.overtakeAll();
    this.#keyLoads.overtakeAll();
    this.#certificateLoads.overtakeAll();
  }
}

/** The day key of an access key, derived once a day, region and service. */
export function dayKeyOf(key: AccessKey, date: string, region: string, service: string): HmacKey {
  const scope = `${date}/${region}/${service}`;
  const known = key.dayKeys.get(scope);
  if (known !== undefined) return known;
  const made = signingKey(reveal(key.secret), date, region, service);
  const oldest = key.dayKeys.size >= MAX_DAY_KEYS ? key.dayKeys.keys().next().value : undefined;
  if (oldest !== undefined) key.dayKeys.delete(oldest);
  key.dayKeys.set(scope, made);
  return made;
}

/** Remembers a use: three stores into an object that is there, since it happens on every request. */
export function noteUse({ lastUse }: AccessKey, atMs: number, service: string, region: string): void {
  if (lastUse === undefined) return;
  lastUse.atMs = atMs;
  lastUse.service = service;
  lastUse.region = region;
}

/** Binds a sealed secret to its access key: a row swapped in the table opens nothing. */
export function accessKeyLabel(accessKeyId: string): string {
  return `access-key/${accessKeyId}`;
}
