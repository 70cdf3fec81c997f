import type { authorize } from '@trent/contracts';
import { foldCase } from '@trent/policy-evaluator';
import type { Principal } from '../accounts/credentials.ts';
import type { WebIdentity } from '../sts/session.ts';
import type { IdentityResource } from './identity-resource.ts';
import type { KeyView } from './key-views.ts';
import { isServiceCondition, serviceCondition } from './via-service.ts';

/** What a request's condition keys are read from. */
export interface Circumstance {
  readonly item: authorize.AuthorizeItem;
  readonly principal: Principal;
  /** Absent where the operation names no key. */
  readonly view?: KeyView;
  /** What of IAM the operation names. */
  readonly identity?: IdentityResource;
  /** Position of the key in the operation, from 1; 0 without a key. */
  readonly keyNumber: number;
  /** The views of all keys that the operation touches. */
  readonly views?: readonly KeyView[];
  /** Epoch milliseconds. */
  readonly now: number;
}

/** A key with more aliases than the quota allows has no aliases for policies (AWS KMS developer guide, "kms:ResourceAliases"). */
const MAX_RESOURCE_ALIASES = 50;
const RESOURCE_ALIASES = 'kms:resourcealiases';
const RESOURCE_TAG = 'aws:resourcetag/';
const NO_VALUES: readonly string[] = [];

/** Keys of sessions, computed from the one that calls (IAM user guide, "Global condition context keys"). */
const sessionKeys: Readonly<Record<string, (circumstance: Circumstance) => string | undefined>> = {
  'aws:tokenissuetime': ({ principal: { session } }) => (session === undefined ? undefined : isoSeconds(session.issuedAtMs)),
  // Present with temporary credentials alone, so that a policy can tell "no device" from "no session".
  'aws:multifactorauthpresent': ({ principal: { session } }) => (session === undefined ? undefined : String(session.mfaAtMs !== undefined)),
  'aws:multifactorauthage': ({ principal: { session }, now }) =>
    session?.mfaAtMs === undefined ? undefined : String(Math.max(0, Math.floor((now - session.mfaAtMs) / 1000))),
  'aws:sourceidentity': ({ principal: { session } }) => session?.sourceIdentity,
  'aws:federatedprovider': ({ principal: { session } }) => session?.webIdentity?.provider,
};

/** Keys of the request's way here. */
const requestKeys: Readonly<Record<string, (circumstance: Circumstance) => string | undefined>> = {
  'aws:sourceip': ({ item }) => (item.sourceIp === '' ? undefined : item.sourceIp),
  'aws:requestedregion': ({ item }) => item.region,
};

/** Keys of the KMS key, whatever the request says (kms-api §11.1, "all key ops"). */
const viewKeys: Readonly<Record<string, (view: KeyView) => string | undefined>> = {
  'kms:keyspec': ({ spec }) => spec,
  'kms:customermasterkeyspec': ({ spec }) => spec,
  'kms:keyusage': ({ usage }) => usage,
  'kms:customermasterkeyusage': ({ usage }) => usage,
  'kms:keyorigin': ({ origin }) => origin,
  'kms:multiregion': ({ multiRegion }) => String(multiRegion),
  'kms:multiregionkeytype': ({ multiRegionRole }) => (multiRegionRole === 'NONE' ? undefined : multiRegionRole),
};

/**
 * The condition keys of one request as the evaluator asks for them. Nothing is gathered before a condition is looked at: most documents
 * have none. What follows from principal, resource and time the evaluator knows by itself.
 */
export class Circumstances {
  readonly #circumstance: Circumstance;
  #facts: Map<string, readonly string[]> | undefined;

  constructor(circumstance: Circumstance) {
    this.#circumstance = circumstance;
  }

  /** @param key folded */
  get(key: string): readonly string[] | undefined {
    const circumstance = this.#circumstance;
    if (isServiceCondition(key)) return listed(ofService(circumstance, key));
    const session = own(sessionKeys, key) ?? own(requestKeys, key);
    if (session !== undefined) return listed(session(circumstance));
    const webIdentity = circumstance.principal.session?.webIdentity;
    if (webIdentity !== undefined && key.startsWith(foldCase(`${webIdentity.issuer}:`)))
      return webIdentityKey(webIdentity, key.slice(webIdentity.issuer.length + 1));
    const { view, identity } = circumstance;
    if (view === undefined) return this.#fact(key) ?? identity?.context.get(key);
    if (isOfKey(key)) return viewCondition(view, key);
    return key === 'kms:reencryptonsamekey' ? sameKey(circumstance) : this.#fact(key);
  }

  #fact(key: string): readonly string[] | undefined {
    return (this.#facts ??= gather(this.#circumstance)).get(key);
  }
}

function ofService({ principal, item }: Circumstance, key: string): string | undefined {
  return serviceCondition(principal, item.operation.slice(item.operation.indexOf('.') + 1), item.region, key);
}

function isOfKey(key: string): boolean {
  return Object.hasOwn(viewKeys, key) || key === RESOURCE_ALIASES || key.startsWith(RESOURCE_TAG);
}

/** A condition key's values as far as they follow from the KMS key. */
export function viewCondition(view: KeyView, key: string): readonly string[] | undefined {
  const ofKey = own(viewKeys, key);
  if (ofKey !== undefined) return listed(ofKey(view));
  if (key.startsWith(RESOURCE_TAG)) return tagValues(view, key.slice(RESOURCE_TAG.length));
  if (key !== RESOURCE_ALIASES || view.aliases.length === 0 || view.aliases.length > MAX_RESOURCE_ALIASES) return undefined;
  return view.aliases;
}

/** What the request says of itself. Two keys of an encryption context may differ in case alone: as condition keys they are one, with both values. */
function gather({ item, keyNumber }: Circumstance): Map<string, readonly string[]> {
  const facts = new Map<string, readonly string[]>();
  for (const fact of item.facts) {
    if (fact.keyNumber !== 0 && fact.keyNumber !== keyNumber) continue;
    const key = foldCase(fact.key);
    facts.set(key, [...(facts.get(key) ?? NO_VALUES), ...fact.values]);
  }
  return facts;
}

function own<Value>(table: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function listed(value: string | undefined): readonly string[] | undefined {
  return value === undefined ? undefined : [value];
}

/** `<issuer>:sub` and `<issuer>:aud` (IAM user guide, "Available keys for AWS web identity federation"). */
export function webIdentityKey(identity: WebIdentity, name: string): readonly string[] | undefined {
  if (name === 'sub') return [identity.subject];
  return name === 'aud' ? [identity.audience] : undefined;
}

/** Tags' keys compare without case in condition keys. */
function tagValues({ tags }: KeyView, foldedTag: string): readonly string[] | undefined {
  const values: string[] = [];
  for (const [tag, value] of tags) if (foldCase(tag) === foldedTag) values.push(value);
  return values.length === 0 ? undefined : values;
}

function sameKey({ views }: Circumstance): readonly string[] | undefined {
  const [source, destination] = views ?? [];
  return source === undefined || destination === undefined ? undefined : [String(source.arn === destination.arn)];
}

/** As `aws:TokenIssueTime` and CloudTrail write times: no fraction. */
function isoSeconds(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}
