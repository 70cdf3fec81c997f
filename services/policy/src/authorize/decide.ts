import type { authorize, Operation } from '@trent/contracts';
import { aliasArn, type AccountId, type AliasName, type RegionName } from '@trent/identifiers';
import { evaluate, evaluateRetirement, type AuthorisationRequest, type CompiledGrant, type Documents } from '@trent/policy-evaluator';
import type { Principal } from '../accounts/credentials.ts';
import { childGrantOf } from '../grants/grant-questions.ts';
import { Circumstances } from './circumstances.ts';
import { deny } from './denial.ts';
import type { IdentityResource } from './identity-resource.ts';
import type { KeyView } from './key-views.ts';
import type { KeyTarget } from './resolve-keys.ts';

/**
 * Asks the evaluator whether the principal may do the action on the key.
 * @param keyNumber position of the key in the operation, from 1
 * @param views of all keys that the operation touches
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
  views: readonly KeyView[],
  now: number,
  grants: Documents['grants'],
  retired?: CompiledGrant,
): void {
  const request: AuthorisationRequest = {
    principal: principal.asker,
    action: target.action,
    resource: { arn: view.arn, account: view.accountId },
    context: new Circumstances({ item, principal, view, keyNumber, views, now }),
    now,
    ...childGrantOf(item, target.action),
  };
  const documents = { keyPolicy: view.policy, ...principal.documents, grants };
  const decision = retired === undefined ? evaluate(request, documents) : evaluateRetirement(request, documents, retired);
  if (!decision.allowed) {
    deny(request, decision, factNames(item), decision.accessDeniedMessage({ fromCiphertext: target.reference === 'ciphertext' }));
  }
}

/** Asks about an operation that names no key, about what of IAM it names, or about the alias of one that names a key and an alias. */
export function authorizeBeyondKeys(
  item: authorize.AuthorizeItem,
  principal: Principal,
  operation: Operation,
  now: number,
  identity?: IdentityResource,
): void {
  const resource: AuthorisationRequest['resource'] =
    identity ??
    (item.aliasName === ''
      ? '*'
      : {
          arn: aliasArn(item.region as RegionName, principal.accountId as AccountId, item.aliasName as AliasName),
          account: principal.accountId,
        });
  const context = new Circumstances({ item, principal, ...(identity === undefined ? {} : { identity }), keyNumber: 0, now });
  // Whoever makes a key with tags needs the right to tag, from an identity policy (API reference, CreateKey, Tags).
  const tags = operation.name === 'kms.CreateKey' && item.facts.some(({ key }) => key === 'aws:TagKeys');
  for (const action of tags ? [operation.action, TAG_RESOURCE] : [operation.action]) {
    const request: AuthorisationRequest = { principal: principal.asker, action, resource, context, now };
    const decision = evaluate(request, { ...principal.documents, grants: [] });
    if (!decision.allowed) deny(request, decision, factNames(item), decision.accessDeniedMessage());
  }
}

const TAG_RESOURCE = 'kms:TagResource';

/**
 * A replica is a key that is created in its Region: whoever replicates needs kms:CreateKey there, and kms:TagResource to tag it (API reference,
 * ReplicateKey). No key policy can give either.
 * @throws AccessDeniedException
 */
export function authorizeBirth(item: authorize.AuthorizeItem, principal: Principal, primary: KeyView, now: number): void {
  const region = item.facts.find(({ key }) => key === 'kms:ReplicaRegion')?.values[0] ?? '';
  const replica: KeyView = { ...primary, multiRegionRole: 'REPLICA', tags: new Map(), aliases: [] };
  const context = new Circumstances({ item: { ...item, region }, principal, view: replica, keyNumber: 0, now });
  const tagged = item.facts.some(({ key }) => key === 'aws:TagKeys');
  for (const action of tagged ? ['kms:CreateKey', TAG_RESOURCE] : ['kms:CreateKey']) {
    const request: AuthorisationRequest = { principal: principal.asker, action, resource: '*', context, now };
    const decision = evaluate(request, { ...principal.documents, grants: [] });
    if (!decision.allowed) deny(request, decision, factNames(item), decision.accessDeniedMessage());
  }
}

function factNames({ facts }: authorize.AuthorizeItem): string[] {
  return facts.map(({ key }) => key);
}
