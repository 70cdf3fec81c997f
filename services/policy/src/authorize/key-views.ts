import type { metadata } from '@trent/contracts';
import { LoadsInFlight, type Change } from '@trent/feed';
import { aliasArn, keyArn, type AccountId, type AliasName, type KeyArn, type KeyId, type RegionName } from '@trent/identifiers';
import type { KeySpec, KeyState, KeyUsage, MultiRegionRole, Origin } from '@trent/key-model';
import { GrantIndex } from '@trent/policy-evaluator';
import type { CompiledPolicy } from '@trent/policy-language';
import { LRUCache } from 'lru-cache';
import { DocumentCompiler } from '../accounts/holders.ts';
import { compileLoaded } from '../grants/key-grants.ts';

/** A key as decisions need it: its policy compiled once, its facts in AWS's spelling. */
export interface KeyView {
  readonly arn: KeyArn;
  readonly keyId: KeyId;
  readonly accountId: AccountId;
  readonly region: RegionName;
  readonly state: KeyState;
  readonly spec: KeySpec;
  readonly usage: KeyUsage;
  readonly origin: Origin;
  readonly multiRegion: boolean;
  readonly multiRegionRole: MultiRegionRole;
  readonly version: bigint;
  readonly policy: CompiledPolicy;
  /** All of the key's, unless they are too many to be held here. */
  readonly grants: GrantIndex;
  readonly grantCount: number;
  readonly grantsElsewhere: boolean;
  readonly aliases: readonly string[];
  readonly tags: ReadonlyMap<string, string>;
  /** The first is the current one. */
  readonly materials: readonly metadata.Material[];
  /** The custom key store that the key lives in; '': none. */
  readonly customKeyStoreId: string;
}

/** Loads many views with one call; the answers are in the order of the queries, undefined where there is none. */
export type LoadViews = (queries: metadata.KeyViewQuery[], deadline: number) => Promise<(metadata.KeyView | undefined)[]>;

/** Memory for views; a default policy's view takes some 3 kB. */
const MAX_BYTES = 256 * 1024 * 1024;
const MAX_ALIASES = 200_000;
/** Queries in one call to key-metadata. */
const MAX_QUERIES = 256;

interface Waiting {
  readonly query: metadata.KeyViewQuery;
  readonly deadline: number;
  readonly resolve: (view: metadata.KeyView | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Views of keys, and which key an alias names. Entries live until the feed says that they changed; what is not found is never held.
 * Loads are single flight a key and batched a turn: a cold start under load costs few calls.
 */
export class KeyViews {
  readonly #load: LoadViews;
  /** Most keys of an account have the same policy. */
  readonly #documents = new DocumentCompiler();
  readonly #views = new LRUCache<string, KeyView>({ maxSize: MAX_BYTES, sizeCalculation: sizeOf });
  readonly #aliases = new LRUCache<string, string>({ max: MAX_ALIASES });
  readonly #viewLoads = new LoadsInFlight<KeyView | undefined>();
  readonly #aliasLoads = new LoadsInFlight<KeyView | undefined>();
  #waiting: Waiting[] = [];

  constructor(load: LoadViews) {
    this.#load = load;
  }

  byKeyId(region: string, keyId: string): KeyView | undefined {
    return this.#views.get(`${region}/${keyId}`);
  }

  byAlias(region: string, account: string, alias: string): KeyView | undefined {
    const keyId = this.#aliases.get(`${region}/${account}/${alias}`);
    return keyId === undefined ? undefined : this.byKeyId(region, keyId);
  }

  /** Undefined: there is no such key. */
  loadByKeyId(region: string, keyId: string, deadline: number): Promise<KeyView | undefined> {
    const name = `${region}/${keyId}`;
    return this.#viewLoads.load(
      name,
      async () => this.#compile(await this.#ask({ region, by: { $case: 'keyId', value: keyId } }, deadline)),
      (view) => view && isHeld(view) && this.#views.set(name, view),
    );
  }

  /** Undefined: there is no such alias. */
  async loadByAlias(region: string, account: string, alias: string, deadline: number): Promise<KeyView | undefined> {
    const name = `${region}/${account}/${alias}`;
    const query = { region, by: { $case: 'alias' as const, value: { accountId: account, aliasName: alias } } };
    const found = await this.#aliasLoads.load(
      name,
      async () => this.#compile(await this.#ask(query, deadline)),
      (view) => view && this.#aliases.set(name, view.keyId),
    );
    // The view itself comes by its id, so that a change of the key that overtook this load is not missed.
    return found && (this.byKeyId(region, found.keyId) ?? this.loadByKeyId(region, found.keyId, deadline));
  }

  /** @param region of the feed the change came by */
  forget(region: string, change: Change): void {
    const name = `${region}/${change.id}`;
    if (change.kind === 'key' || change.kind === 'grant') {
      this.#views.delete(name);
      this.#viewLoads.overtake(name);
    } else if (change.kind === 'alias') {
      this.#aliases.delete(name);
      this.#aliasLoads.overtake(name);
    } else if (change.kind === 'key-store') this.#forgetStore(region, change.id);
  }

  /** A store was disconnected: its keys have become unavailable, all at once. */
  #forgetStore(region: string, storeId: string): void {
    for (const [name, view] of this.#views.entries())
      if (view.customKeyStoreId === storeId && view.region === region) this.#views.delete(name);
    this.#viewLoads.overtakeAll();
  }

  forgetRegion(region: string): void {
    for (const cache of [this.#views, this.#aliases])
      for (const name of cache.keys()) if (name.startsWith(`${region}/`)) cache.delete(name);
    this.#viewLoads.overtakeAll();
    this.#aliasLoads.overtakeAll();
  }

  state(): object {
    return { views: this.#views.size, bytes: this.#views.calculatedSize, aliases: this.#aliases.size };
  }

  #compile(view: metadata.KeyView | undefined): KeyView | undefined {
    return view && compileView(view, this.#documents);
  }

  #ask(query: metadata.KeyViewQuery, deadline: number): Promise<metadata.KeyView | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ query, deadline, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => this.#flush());
    });
  }

  #flush(): void {
    const all = this.#waiting;
    this.#waiting = [];
    for (let at = 0; at < all.length; at += MAX_QUERIES) {
      const batch = all.slice(at, at + MAX_QUERIES);
      this.#load(
        batch.map(({ query }) => query),
        Math.max(...batch.map(({ deadline }) => deadline)),
      ).then(
        (views) => batch.forEach(({ resolve }, index) => resolve(views[index])),
        (error: unknown) => batch.forEach(({ reject }) => reject(error)),
      );
    }
  }
}

/** The ARN of an alias as a view's owner has it. */
export function aliasArnOf(view: KeyView, alias: string): string {
  return aliasArn(view.region, view.accountId, alias as AliasName);
}

/** That a key is unavailable is never held: when its store is connected again nobody need be told. */
function isHeld({ state }: KeyView): boolean {
  return state !== 'Unavailable';
}

/** key-metadata checked every field when the key was made: here they only get their types back. */
function compileView(view: metadata.KeyView, documents: DocumentCompiler): KeyView {
  const [region, accountId, keyId] = [view.region as RegionName, view.accountId as AccountId, view.keyId as KeyId];
  return {
    arn: keyArn(region, accountId, keyId),
    keyId,
    accountId,
    region,
    state: view.keyState as KeyState,
    spec: view.keySpec as KeySpec,
    usage: view.keyUsage as KeyUsage,
    origin: view.origin as Origin,
    multiRegion: view.multiRegion,
    multiRegionRole: view.multiRegionKeyType === '' ? 'NONE' : (view.multiRegionKeyType as MultiRegionRole),
    version: view.authorisationVersion,
    policy: documents.compile(view.policy, 'key'),
    grants: view.grants.length === 0 ? NO_GRANTS : new GrantIndex(view.grants.map(compileLoaded)),
    grantCount: view.grants.length,
    grantsElsewhere: view.grantsElsewhere,
    aliases: view.aliases,
    tags: view.tags,
    materials: view.materials,
    customKeyStoreId: view.customKeyStoreId,
  };
}

/** Shared by the many keys that have none. */
const NO_GRANTS = new GrantIndex([]);

function sizeOf(view: KeyView): number {
  const tokens = view.materials.reduce((sum, { token }) => sum + token.length + 128, 0);
  return 1024 + tokens + view.policy.statements.length * 1024 + view.grantCount * 1024 + view.aliases.length * 128 + view.tags.size * 256;
}
