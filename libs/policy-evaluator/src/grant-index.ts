import { GRANTEE_MATCHES, granteeName, permits, type CompiledGrant, type GranteeMatch } from './grants.ts';
import type { AuthorisationRequest } from './request.ts';

/** Where the grants of one key are looked up. */
export interface GrantSource {
  /** The first grant of this operation to this name whose constraints hold. */
  find(operation: string, name: string, request: AuthorisationRequest): CompiledGrant | undefined;
}

const NONE: readonly CompiledGrant[] = [];

/** The grants of one key by grantee, operation and constraint: how many there are doesn't matter to one request. */
export class GrantIndex implements GrantSource {
  readonly #lists = new Map<string, GrantList>();

  constructor(grants: Iterable<CompiledGrant>) {
    const byName = new Map<string, CompiledGrant[]>();
    for (const grant of grants) {
      for (const operation of grant.operations) {
        const name = listName(operation, grant.grantee);
        const list = byName.get(name);
        if (list === undefined) byName.set(name, [grant]);
        else list.push(grant);
      }
    }
    for (const [name, list] of byName) this.#lists.set(name, new GrantList(list));
  }

  find(operation: string, name: string, request: AuthorisationRequest): CompiledGrant | undefined {
    return this.#lists.get(listName(operation, name))?.find(operation, request);
  }
}

function listName(operation: string, grantee: string): string {
  return `${operation} ${grantee}`;
}

/**
 * Grants of one operation to one grantee. A service makes a grant for each of its resources, which differ in the encryption context alone:
 * such a grant stands under the rarest of its pairs, so that a request meets the few that may fit and not thousands.
 */
class GrantList {
  readonly #all: readonly CompiledGrant[];
  /** Those without pairs. */
  readonly #plain: readonly CompiledGrant[];
  /** Condition key → value → grants. */
  readonly #byPair = new Map<string, Map<string, CompiledGrant[]>>();

  constructor(grants: readonly CompiledGrant[]) {
    this.#all = grants;
    this.#plain = grants.filter(({ pairs }) => pairs.length === 0);
    const uses = new Map<string, number>();
    for (const { pairs } of grants) for (const pair of pairs) uses.set(pairName(pair), (uses.get(pairName(pair)) ?? 0) + 1);
    for (const grant of grants) this.#index(grant, uses);
  }

  #index(grant: CompiledGrant, uses: ReadonlyMap<string, number>): void {
    const [first, ...others] = grant.pairs;
    if (first === undefined) return;
    let rarest = first;
    for (const pair of others) if ((uses.get(pairName(pair)) ?? 0) < (uses.get(pairName(rarest)) ?? 0)) rarest = pair;
    const [key, value] = rarest;
    const values = this.#byPair.get(key) ?? new Map<string, CompiledGrant[]>();
    this.#byPair.set(key, values);
    const list = values.get(value);
    if (list === undefined) values.set(value, [grant]);
    else list.push(grant);
  }

  find(operation: string, request: AuthorisationRequest): CompiledGrant | undefined {
    // The encryption context of CreateGrant is the child's constraint; of DescribeKey and RetireGrant there is none.
    if (operation === 'CreateGrant' || operation === 'DescribeKey' || operation === 'RetireGrant') {
      return firstThatPermits(this.#all, operation, request);
    }
    const plain = firstThatPermits(this.#plain, operation, request);
    if (plain !== undefined) return plain;
    for (const [key, values] of this.#byPair) {
      for (const value of request.context.get(key) ?? []) {
        const found = firstThatPermits(values.get(value) ?? NONE, operation, request);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }
}

function pairName([key, value]: readonly [string, string]): string {
  return `${key}\0${value}`;
}

function firstThatPermits(grants: readonly CompiledGrant[], operation: string, request: AuthorisationRequest): CompiledGrant | undefined {
  for (const grant of grants) if (permits(grant, operation, request)) return grant;
  return undefined;
}

/** The first grant that allows the request, the closest name first, and how its grantee means the principal. */
export function findGrant(
  grants: GrantSource | readonly CompiledGrant[],
  request: AuthorisationRequest,
): { readonly grant: CompiledGrant; readonly match: GranteeMatch } | undefined {
  if (!request.action.startsWith('kms:') || request.resource === '*') return undefined;
  const operation = request.action.slice('kms:'.length);
  if (!isList(grants)) return findIn(grants, operation, request);
  return grants.length === 0 ? undefined : findIn(sourceOf(grants), operation, request);
}

function isList(grants: GrantSource | readonly CompiledGrant[]): grants is readonly CompiledGrant[] {
  return Array.isArray(grants);
}

function findIn(source: GrantSource, operation: string, request: AuthorisationRequest) {
  for (const match of GRANTEE_MATCHES) {
    const name = granteeName(request.principal, match);
    const grant = name === undefined ? undefined : source.find(operation, name, request);
    if (grant !== undefined) return { grant, match };
  }
  return undefined;
}

/** A short list is asked one by one. */
function sourceOf(grants: readonly CompiledGrant[]): GrantSource {
  return {
    find: (operation, name, request) =>
      grants.find((grant) => grant.grantee === name && grant.operations.has(operation) && permits(grant, operation, request)),
  };
}
