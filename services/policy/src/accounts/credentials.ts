import type { HmacKey } from '@trent/secret-bytes';
import { fail } from '@trent/errors';
import { LoadsInFlight, type Change } from '@trent/feed';
import type { SecretBytes } from '@trent/secret-bytes';
import { reveal } from '@trent/secret-bytes/reveal';
import { signingKey } from '@trent/sigv4';
import { LRUCache } from 'lru-cache';
import type { AccessKeyRow, CredentialRow } from '../store/accounts.ts';

/** Who calls, as every later step needs it. */
export interface Principal {
  readonly arn: string;
  readonly accountId: string;
  readonly kind: 'Root';
  readonly uniqueId: string;
  readonly version: bigint;
  /** Empty for certificates. */
  readonly accessKeyId: string;
  /** CloudTrail's userIdentity, JSON. */
  readonly identity: string;
}

/** An access key with its secret and the day keys derived of it. */
export interface AccessKey {
  readonly principal: Principal;
  readonly secret: SecretBytes;
  readonly dayKeys: Map<string, HmacKey>;
}

/** Access keys and certificates held in view: some 2 kB each. */
const MAX_CREDENTIALS = 20_000;
/** Day keys a credential: two days × a few regions × services; beyond, the oldest goes. */
const MAX_DAY_KEYS = 16;

export interface CredentialDeps {
  readonly findAccessKey: (accessKeyId: string, deadline: number) => Promise<AccessKeyRow | undefined>;
  readonly findCertificate: (spiffeId: string, deadline: number) => Promise<CredentialRow | undefined>;
  readonly unseal: (sealed: Buffer, label: string, deadline: number) => Promise<SecretBytes>;
}

/** The text AWS has for an access key that is unknown or inactive: which of both is not told. */
const INVALID_TOKEN = 'The security token included in the request is invalid.';

/** Credentials in view: they live until their principal changes. What is not found is never held. */
export class Credentials {
  readonly #deps: CredentialDeps;
  readonly #accessKeys = new LRUCache<string, AccessKey>({ max: MAX_CREDENTIALS, dispose: (key) => key.secret[Symbol.dispose]() });
  readonly #certificates = new LRUCache<string, Principal>({ max: MAX_CREDENTIALS });
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

  /** @throws UnrecognizedClientException for an unknown or inactive access key */
  loadAccessKey(id: string, deadline: number): Promise<AccessKey> {
    return this.#keyLoads.load(
      id,
      async () => {
        const row = await this.#deps.findAccessKey(id, deadline);
        if (row?.active !== true) fail('UnrecognizedClientException', INVALID_TOKEN);
        const secret = await this.#deps.unseal(row.sealedSecret, accessKeyLabel(id), deadline);
        return { principal: principalOf(row, id), secret, dayKeys: new Map() };
      },
      (key) => this.#accessKeys.set(id, key),
    );
  }

  /** @throws UnrecognizedClientException for a certificate that no account has mapped */
  loadCertificate(spiffeId: string, deadline: number): Promise<Principal> {
    return this.#certificateLoads.load(
      spiffeId,
      async () => {
        const row = await this.#deps.findCertificate(spiffeId, deadline);
        if (row === undefined) fail('UnrecognizedClientException', INVALID_TOKEN);
        return principalOf(row, '');
      },
      (principal) => this.#certificates.set(spiffeId, principal),
    );
  }

  /** A principal changed: all that was loaded for it goes. Few credentials belong to one, but finding them is a walk, which changes can afford. */
  forget(change: Change): void {
    for (const [id, key] of this.#accessKeys.entries()) if (key.principal.arn === change.id) this.#accessKeys.delete(id);
    for (const [id, principal] of this.#certificates.entries()) if (principal.arn === change.id) this.#certificates.delete(id);
    this.#keyLoads.overtakeAll();
    this.#certificateLoads.overtakeAll();
  }

  forgetAll(): void {
    this.#accessKeys.clear();
    this.#certificates.clear();
    this.#keyLoads.overtakeAll();
    this.#certificateLoads.overtakeAll();
  }

  state(): object {
    return { accessKeys: this.#accessKeys.size, certificates: this.#certificates.size };
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

/** Binds a sealed secret to its access key: a row swapped in the table opens nothing. */
export function accessKeyLabel(accessKeyId: string): string {
  return `access-key/${accessKeyId}`;
}

function principalOf(row: CredentialRow, accessKeyId: string): Principal {
  const identity = {
    type: row.kind,
    principalId: row.uniqueId,
    arn: row.principalArn,
    accountId: row.accountId,
    ...(accessKeyId === '' ? {} : { accessKeyId }),
  };
  return {
    arn: row.principalArn,
    accountId: row.accountId,
    kind: row.kind,
    uniqueId: row.uniqueId,
    version: row.version,
    accessKeyId,
    identity: JSON.stringify(identity),
  };
}
