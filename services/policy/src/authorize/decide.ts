import type { authorize, Operation } from '@trent/contracts';
import { fail } from '@trent/errors';
import { aliasArn, type AccountId, type AliasName, type RegionName } from '@trent/identifiers';
import {
  evaluate,
  evaluateRetirement,
  foldCase,
  type AuthorisationRequest,
  type CompiledGrant,
  type Documents,
} from '@trent/policy-evaluator';
import type { Principal } from '../accounts/credentials.ts';
import { childGrantOf } from '../grants/grant-questions.ts';
import type { KeyView } from './key-views.ts';
import type { KeyTarget } from './resolve-keys.ts';

const NO_CONTEXT: ReadonlyMap<string, readonly string[]> = new Map();

/**
 * Asks the evaluator whether the principal may do the action on the key.
 * @param keyNumber position of the key in the operation, from 1
 * @param grants those of the key that can mean the principal
 * @param retired of RetireGrant: the grant, which decides who may
 * @throws AccessDeniedException with AWS's text (kms-api §12.3)
 */
export function authorizeOnKey(
  item: authorize.AuthorizeItem,
  principal: Principal,
  target: KeyTarget,
  view: KeyView,
  keyNumber: number,
  now: number,
  grants: Documents['grants'],
  retired?: CompiledGrant,
): void {
  const context = asksForContext(principal, view) ? contextOf(item, view, keyNumber) : NO_CONTEXT;
  const request: AuthorisationRequest = {
    principal: principal.asker,
    action: target.action,
    resource: { arn: view.arn, account: view.accountId },
    context,
    now,
    ...childGrantOf(item, target.action),
  };
  const documents = { keyPolicy: view.policy, ...principal.documents, grants };
  const decision = retired === undefined ? evaluate(request, documents) : evaluateRetirement(request, documents, retired);
  if (!decision.allowed) {
    fail('AccessDeniedException', decision.accessDeniedMessage({ fromCiphertext: target.reference === 'ciphertext' }));
  }
}

/** Asks about an operation that names no key, or about the alias of one that names both. */
export function authorizeBeyondKeys(item: authorize.AuthorizeItem, principal: Principal, operation: Operation, now: number): void {
  const resource =
    item.aliasName === ''
      ? '*'
      : {
          arn: aliasArn(item.region as RegionName, principal.accountId as AccountId, item.aliasName as AliasName),
          account: principal.accountId,
        };
  const context = contextOf(item, undefined, 0);
  const decision = evaluate(
    { principal: principal.asker, action: operation.action, resource, context, now },
    { ...principal.documents, grants: [] },
  );
  if (!decision.allowed) fail('AccessDeniedException', decision.accessDeniedMessage());
}

/**
 * A replica is a key that is created in its Region: whoever replicates needs kms:CreateKey there, and kms:TagResource to tag it (API reference,
 * ReplicateKey). No key policy can give either.
 * @throws AccessDeniedException
 */
export function authorizeBirth(item: authorize.AuthorizeItem, principal: Principal, primary: KeyView, now: number): void {
  const region = item.facts.find(({ key }) => key === 'kms:ReplicaRegion')?.values[0] ?? '';
  const context = contextOf({ ...item, region }, { ...primary, multiRegionRole: 'REPLICA', tags: new Map(), aliases: [] }, 0);
  const tagged = item.facts.some(({ key }) => key === 'aws:TagKeys');
  for (const action of tagged ? ['kms:CreateKey', 'kms:TagResource'] : ['kms:CreateKey']) {
    const decision = evaluate({ principal: principal.asker, action, resource: '*', context, now }, { ...principal.documents, grants: [] });
    if (!decision.allowed) fail('AccessDeniedException', decision.accessDeniedMessage());
  }
}

/** Whether any document may look at condition keys: most don't, and need none gathered. */
function asksForContext({ asker, documents }: Principal, view: KeyView): boolean {
  const hasGrants = view.grantCount > 0 || view.grantsElsewhere;
  return (
    asker.type !== 'root' ||
    documents.session !== undefined ||
    hasGrants ||
    view.policy.statements.some(({ conditions }) => conditions.length > 0)
  );
}

/** Condition keys of the request and of the key (kms-api §11.1: "all key ops" are computed from the key, whatever the request says). */
function contextOf(item: authorize.AuthorizeItem, view: KeyView | undefined, keyNumber: number): Map<string, readonly string[]> {
  const context = new Map<string, readonly string[]>();
  for (const fact of item.facts) {
    if (fact.keyNumber === 0 || fact.keyNumber === keyNumber) {
      // Two keys of an encryption context may differ in case alone: as condition keys they are one, with both values.
      const key = foldCase(fact.key);
      context.set(key, [...(context.get(key) ?? []), ...fact.values]);
    }
  }
  if (item.sourceIp !== '') context.set('aws:sourceip', [item.sourceIp]);
  context.set('aws:requestedregion', [item.region]);
  if (view === undefined) return context;
  context.set('kms:keyspec', [view.spec]);
  context.set('kms:customermasterkeyspec', [view.spec]);
  context.set('kms:keyusage', [view.usage]);
  context.set('kms:customermasterkeyusage', [view.usage]);
  context.set('kms:keyorigin', [view.origin]);
  context.set('kms:multiregion', [String(view.multiRegion)]);
  if (view.multiRegionRole !== 'NONE') context.set('kms:multiregionkeytype', [view.multiRegionRole]);
  return context;
}
