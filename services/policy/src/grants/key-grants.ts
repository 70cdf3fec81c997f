import type { metadata } from '@trent/contracts';
import { LoadsInFlight } from '@trent/feed';
import { failUndecided } from '@trent/errors';
import { rootArn, type AccountId } from '@trent/identifiers';
import {
  compileGrant,
  granteeNames,
  GrantIndex,
  type CompiledGrant,
  type Grant,
  type GrantSource,
  type Principal,
} from '@trent/policy-evaluator';
import { LRUCache } from 'lru-cache';
import type { KeyView } from '../authorize/key-views.ts';

/** Loads grants of one key: by grantee, or one by its id. */
export type LoadGrants = (request: metadata.LoadGrantsRequest, deadline: number) => Promise<metadata.LoadGrantsResponse>;

/** Memory for the grants of keys that have more than their view carries. */
const MAX_BYTES = 64 * 1024 * 1024;
/** A compiled grant with its place in an index, measured with a constraint of two pairs. */
const BYTES_PER_GRANT = 1024;
const BYTES_PER_LIST = 256;
/** A load that the key's view overtook is begun again; more than this in one request is a storm. */
const MAX_LOADS = 3;

/**
 * The grants of keys, as far as a principal needs them. Few stand in the key's view; of a key with thousands only those are loaded that can mean
 * the one who asks, one list a name, held under the version of the view: a change of the key makes a new view, and leaves the lists behind.
 */
export class KeyGrants {
  readonly #load: LoadGrants;
  readonly #lists = new LRUCache<string, GrantIndex>({ maxSize: MAX_BYTES, sizeCalculation: () => BYTES_PER_LIST });
  readonly #loads = new LoadsInFlight<void>();

  constructor(load: LoadGrants) {
    this.#load = load;
  }

  /** What can allow this principal something on the key; undefined: it has to be loaded. */
  held(view: KeyView, principal: Principal): GrantSource | undefined {
    if (!view.grantsElsewhere) return view.grants;
    const names = granteeNames(principal);
    if (names.some((name) => !this.#lists.has(listName(view, name)))) return undefined;
    return { find: (operation, name, request) => this.#lists.get(listName(view, name))?.find(operation, name, request) };
  }

  /** Loads what is not held. @throws DependencyTimeoutException when the key changes faster than it can be read */
  async load(view: KeyView, principal: Principal, deadline: number): Promise<void> {
    for (let times = 0; times < MAX_LOADS; times++) {
      const missing = granteeNames(principal).filter((name) => !this.#lists.has(listName(view, name)));
      if (!view.grantsElsewhere || missing.length === 0) return;
      await Promise.all(
        missing.map((name) =>
          this.#loads.load(
            listName(view, name),
            () => this.#loadList(view, name, deadline),
            () => undefined,
          ),
        ),
      );
    }
    failUndecided('the key changes faster than its grants are read');
  }

  /** One grant, whoever its grantee is; undefined: there is no such grant of the key. Grants don't change, so no lease is asked. */
  async byId(view: KeyView, grantId: string, deadline: number): Promise<CompiledGrant | undefined> {
    const { grants } = await this.#load({ ...requestOf(view), grantId }, deadline);
    const [grant] = grants;
    return grant === undefined ? undefined : compileLoaded(grant);
  }

  state(): object {
    return { lists: this.#lists.size, bytes: this.#lists.calculatedSize };
  }

  /** What was read before the view was is of no use to it; what was read later is at least as new. */
  async #loadList(view: KeyView, name: string, deadline: number): Promise<void> {
    const grants: CompiledGrant[] = [];
    let oldest: bigint | undefined;
    for (let after = '', isMore = true; isMore;) {
      const page = await this.#load({ ...requestOf(view), grantees: [wireName(name)], afterGrantId: after }, deadline);
      if (oldest === undefined || page.authorisationVersion < oldest) oldest = page.authorisationVersion;
      for (const grant of page.grants) grants.push(compileLoaded(grant));
      after = page.grants.at(-1)?.grantId ?? '';
      isMore = page.truncated;
    }
    if (oldest === undefined || oldest < view.version) return;
    this.#lists.set(listName(view, name), new GrantIndex(grants), { size: BYTES_PER_LIST + grants.length * BYTES_PER_GRANT });
  }
}

function requestOf(view: KeyView): metadata.LoadGrantsRequest {
  return { region: view.region, keyId: view.keyId, grantees: [], grantId: '', afterGrantId: '' };
}

function listName(view: KeyView, name: string): string {
  return `${view.region}/${view.keyId}/${String(view.version)}/${name}`;
}

/** A grant's grantee as key-metadata has it: an account by the ARN of its root. */
function wireName(name: string): string {
  return /^\d{12}$/.test(name) ? rootArn(name as AccountId) : name;
}

/** A grant as it came from key-metadata, ready to be asked. */
export function compileLoaded(grant: metadata.Grant): CompiledGrant {
  const {
    encryptionContextEquals: equals,
    encryptionContextSubset: subset,
    sourceArn,
    granteeServicePrincipal,
    retiringServicePrincipal,
  } = grant;
  return compileGrant({
    grantId: grant.grantId,
    grantee: granteeServicePrincipal === '' ? { principal: grant.granteePrincipal } : { service: granteeServicePrincipal },
    operations: grant.operations,
    constraints: {
      ...(equals.size === 0 ? {} : { encryptionContextEquals: Object.fromEntries(equals) }),
      ...(subset.size === 0 ? {} : { encryptionContextSubset: Object.fromEntries(subset) }),
      ...(sourceArn === '' ? {} : { sourceArn }),
    },
    ...retiringOf(grant.retiringPrincipal, retiringServicePrincipal),
    issuingAccount: grant.issuingAccount,
    ...(grant.granteeId === '' ? {} : { granteeId: grant.granteeId }),
    ...(grant.retiringId === '' ? {} : { retiringId: grant.retiringId }),
  });
}

function retiringOf(principal: string, service: string): Pick<Grant, 'retiring'> {
  if (service !== '') return { retiring: { service } };
  return principal === '' ? {} : { retiring: { principal } };
}
