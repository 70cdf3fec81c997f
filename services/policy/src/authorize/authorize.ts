import type { authorize as wire } from '@trent/contracts';
import { operations, options, type Operation } from '@trent/contracts';
import { toErrorDetail } from '@trent/bootstrap';
import { fail, failUndecided } from '@trent/errors';
import {
  checkHasPublicKey,
  checkKeyUsage,
  checkMakesDataKeyPairs,
  isKeyOperation,
  isUsageOperation,
  operationInState,
} from '@trent/key-model';
import { issuePermit, MAX_LIFE_MS } from '@trent/permit';
import type { Principal } from '../accounts/credentials.ts';
import type { CompiledGrant } from '@trent/policy-evaluator';
import { grantToRetire, isRetirement, naming } from '../grants/grant-questions.ts';
import type { GrantTokens } from '../grants/grant-tokens.ts';
import type { KeyGrants } from '../grants/key-grants.ts';
import { prepareAssumption, type AssumeDeps } from './assume-role.ts';
import { authorizeBeyondKeys, authorizeBirth, authorizeOnKey } from './decide.ts';
import { ENCODED_MESSAGE, encodedMessageOf } from './denial.ts';
import { heldPrincipal, loadPrincipal } from './identify.ts';
import { identityResource, type IdentityLookup, type IdentityResource } from './identity-resource.ts';
import { parseCallerContext, type CallerContext } from '../sts/caller-context.ts';
import type { SessionKeys } from '../sts/session-keys.ts';
import type { KeyView, KeyViews } from './key-views.ts';
import { isBornOfFirstUse, type ManagedKeys } from './managed-keys.ts';
import { checkNamedPrincipals, namesPrincipals, type FindPrincipals } from './named-principals.ts';
import type { PermitKeys } from './permit-keys.ts';
import { asksForUse, tellingUse, type UnusedSince } from './trailing-days.ts';
import { aliasOf, existing, heldView, loadView, readTargets, withoutMissingRelatives, type KeyTarget } from './resolve-keys.ts';
import { refuseBeyondSession } from './session-limits.ts';

export interface AuthorizeDeps extends AssumeDeps {
  readonly views: KeyViews;
  readonly grants: KeyGrants;
  /** They seal encoded authorization messages. */
  readonly sessionKeys: Pick<SessionKeys, 'current' | 'isReady'>;
  readonly grantTokens: GrantTokens;
  readonly identities: IdentityLookup;
  readonly findPrincipals: FindPrincipals;
  readonly managedKeys: ManagedKeys;
  readonly unusedSince: UnusedSince;
  readonly permitKeys: Pick<PermitKeys, 'keyFor'>;
}

/** What is found out on the way; it goes into the answer also when the end is an error. */
interface Progress {
  principal: Principal | undefined;
  keys: wire.ResolvedKey[];
}

/** What some operations need beside keys. */
interface Found {
  readonly retired?: CompiledGrant | undefined;
  readonly identity?: IdentityResource | undefined;
}

/**
 * Decides one item: who calls → which keys → may they → does the key allow it now → the permit.
 * With everything in view it answers at once, without a promise; never throws.
 * @param deadline performance.now() milliseconds
 */
export function authorizeItem(
  deps: AuthorizeDeps,
  item: wire.AuthorizeItem,
  deadline: number,
): wire.AuthorizeResult | Promise<wire.AuthorizeResult> {
  const progress: Progress = { principal: undefined, keys: [] };
  try {
    if (isForRole(item)) return authorizeAssumption(deps, item, deadline, progress);
    const principal = heldPrincipal(deps, item);
    if (principal === undefined) return authorizeCold(deps, item, deadline, progress);
    progress.principal = principal;
    if (isRetirement(item) || namesPrincipals(item) || asksForUse(item) || (item.grantTokens.length > 0 && !deps.grantTokens.isReady))
      return authorizeCold(deps, item, deadline, progress);
    const operation = operationOf(item);
    const targets = item.authenticateOnly ? [] : readTargets(item, operation, principal);
    const views = isOnIdentity(item, operation) ? undefined : heldViews(deps, item, principal, targets);
    if (views === undefined) return authorizeCold(deps, item, deadline, progress);
    return conclude(deps, item, operation, principal, targets, views, progress);
  } catch (error) {
    return failed(deps, item, progress, error);
  }
}

/** A role that is to be assumed: everything about it is looked up for each decision, which takes no lock on the hot road. */
function isForRole(item: wire.AuthorizeItem): boolean {
  return !item.authenticateOnly && operationOf(item).option.resource === options.Resource.RESOURCE_ROLE;
}

async function authorizeAssumption(
  deps: AuthorizeDeps,
  item: wire.AuthorizeItem,
  deadline: number,
  progress: Progress,
): Promise<wire.AuthorizeResult> {
  try {
    const assumption = await prepareAssumption(deps, item, operationOf(item), deadline, (principal) => (progress.principal = principal));
    if (!deps.isLive(item.region)) failUndecided('no lease');
    deps.freezes.refuse(assumption.principal, []);
    assumption.decide();
    return { ...answer(item, assumption.principal, [], NO_TOKEN), callerContext: JSON.stringify(assumption.context) };
  } catch (error) {
    return failed(deps, item, progress, error);
  }
}

async function authorizeCold(
  deps: AuthorizeDeps,
  asked: wire.AuthorizeItem,
  deadline: number,
  progress: Progress,
): Promise<wire.AuthorizeResult> {
  let item = asked;
  try {
    const principal = heldPrincipal(deps, item) ?? (await loadPrincipal(deps, item, deadline));
    progress.principal = principal;
    if (item.grantTokens.length > 0) await deps.grantTokens.ready(deadline);
    item = naming(item, deps.grantTokens);
    const operation = operationOf(item);
    const targets = item.authenticateOnly ? [] : readTargets(item, operation, principal);
    const views = await Promise.all(targets.map((target) => viewOf(deps, item, operation, principal, target, deadline)));
    await Promise.all(views.map(async (view) => view && deps.grants.load(view, principal.asker, deadline)));
    if (asksForUse(item)) item = await tellingUse(deps.unusedSince, item, views[0], deps.now(), deadline);
    const retired = isRetirement(item) && views[0] !== undefined ? await deps.grants.byId(views[0], item.grantId, deadline) : undefined;
    const identity = isOnIdentity(item, operation)
      ? await identityResource(deps.identities, item, operation, principal, deadline)
      : undefined;
    const result = conclude(deps, item, operation, principal, targets, views, progress, { retired, identity });
    if (!namesPrincipals(item)) return result;
    const principalIds = await checkNamedPrincipals(deps.findPrincipals, item, deadline);
    return { ...result, callerContext: JSON.stringify({ ...parseCallerContext(result.callerContext), principalIds }) };
  } catch (error) {
    return failed(deps, item, progress, error);
  }
}

/** The view of a target; a key that its service manages is made by its first use. Undefined: there is none. */
async function viewOf(
  deps: AuthorizeDeps,
  item: wire.AuthorizeItem,
  operation: Operation,
  principal: Principal,
  target: KeyTarget,
  deadline: number,
): Promise<KeyView | undefined> {
  const load = () => loadView(deps.views, item.region, principal, target, deadline);
  const view = heldView(deps.views, item.region, principal, target) ?? (await load());
  if (view !== undefined) return view;
  deps.freezes.refuse(principal, []);
  return (await isBornOfFirstUse(deps.managedKeys, item, operation, principal, target, deadline)) ? load() : undefined;
}

/** Users, roles, groups and policies are looked up for each decision: managing them is rare. */
function isOnIdentity(item: wire.AuthorizeItem, { option }: Operation): boolean {
  return !item.authenticateOnly && option.resource === options.Resource.RESOURCE_IDENTITY;
}

function heldViews(
  deps: AuthorizeDeps,
  item: wire.AuthorizeItem,
  principal: Principal,
  targets: readonly KeyTarget[],
): KeyView[] | undefined {
  const views: KeyView[] = [];
  for (const target of targets) {
    const view = heldView(deps.views, item.region, principal, target);
    if (view === undefined) return undefined;
    if (view.grantsElsewhere && deps.grants.held(view, principal.asker) === undefined) return undefined;
    views.push(view);
  }
  return views;
}

/** Everything is known now; from here on nothing waits, so that no change slips in between the lease's check and the permit. */
function conclude(
  deps: AuthorizeDeps,
  item: wire.AuthorizeItem,
  operation: Operation,
  principal: Principal,
  asked: readonly KeyTarget[],
  loaded: readonly (KeyView | undefined)[],
  progress: Progress,
  { retired, identity }: Found = {},
): wire.AuthorizeResult {
  if (!deps.isLive(item.region)) failUndecided('no lease');
  deps.freezes.refuse(
    principal,
    loaded.filter((view) => view !== undefined),
  );
  if (item.authenticateOnly) return answer(item, principal, progress.keys, Buffer.alloc(0));
  refuseBeyondSession(principal, operation);
  const now = deps.now();
  const { targets, found } = withoutMissingRelatives(asked, loaded);
  const views = found.map((view, index) => existing(view, targetAt(targets, index), operation, principal, item.region));
  for (const [index, view] of views.entries()) {
    if (view.accountId === principal.accountId) progress.keys.push(resolvedKey(targetAt(targets, index), view, ''));
  }
  if (views.some(({ region }) => region !== item.region && !deps.isLive(region))) failUndecided('no lease');
  // A change of grants is in view when it is answered, so a token proves nothing that is not known: it is only told from garbage.
  for (const token of item.grantTokens) deps.grantTokens.read(token);
  if (identity !== undefined || operation.option.resource === options.Resource.RESOURCE_ANY || item.aliasName !== '')
    authorizeBeyondKeys(item, principal, operation, now, identity);
  views.forEach((view, index) => {
    const grants = deps.grants.held(view, principal.asker) ?? failUndecided('the key changed while it was read');
    const toRetire = isRetirement(item) ? grantToRetire(retired, item, view, principal) : undefined;
    authorizeOnKey(item, principal, targetAt(targets, index), view, index + 1, views, now, grants, toRetire);
  });
  if (operation.name === 'kms.ReplicateKey') views.forEach((view) => authorizeBirth(item, principal, view, now));
  if (operation.option.room !== options.Room.ROOM_CRYPTO_WORKER) {
    return answer(
      item,
      principal,
      views.map((view, index) => resolvedKey(targetAt(targets, index), view, '')),
      Buffer.alloc(0),
    );
  }
  const materials = views.map((view, index) => usableMaterial(item, operation, targetAt(targets, index), view, index));
  const keys = views.map((view, index) =>
    resolvedKey(targetAt(targets, index), view, materials[index]?.materialId ?? '', materials[index]?.token),
  );
  return answer(item, principal, keys, item.dryRun ? Buffer.alloc(0) : permitFor(deps, item, principal, views, keys, now));
}

/**
 * The material of the key that this use needs, once state, usage and ciphertext allow it.
 * @throws IncorrectKeyException, DisabledException, KMSInvalidStateException, InvalidKeyUsageException, InvalidCiphertextException
 */
function usableMaterial(item: wire.AuthorizeItem, operation: Operation, target: KeyTarget, view: KeyView, index: number) {
  const { ciphertextKeyId, ciphertextMaterialId } = target.query;
  if (isKeyOperation(operation.rpc)) operationInState(operation.rpc, view.state, view.arn, undefined, view.origin);
  if (operation.rpc === 'GetPublicKey') checkHasPublicKey(view.arn, view.spec);
  const usageOperation = target.action.slice(target.action.indexOf(':') + 1);
  const algorithm = item.algorithms[index];
  if (isUsageOperation(usageOperation))
    checkKeyUsage(usageOperation, view.arn, view.spec, view.usage, algorithm === '' ? undefined : algorithm);
  if (usageOperation.startsWith('GenerateDataKeyPair')) checkMakesDataKeyPairs(view.arn, view.origin);
  if (ciphertextKeyId !== '' && ciphertextKeyId !== view.keyId) {
    fail('IncorrectKeyException', 'The key ID in the request does not identify a CMK that can perform this operation.');
  }
  const material =
    ciphertextMaterialId === '' ? view.materials[0] : view.materials.find(({ materialId }) => materialId === ciphertextMaterialId);
  return material ?? fail(ciphertextMaterialId === '' ? 'KMSInternalException' : 'InvalidCiphertextException');
}

function permitFor(
  deps: AuthorizeDeps,
  item: wire.AuthorizeItem,
  principal: Principal,
  views: readonly KeyView[],
  keys: readonly wire.ResolvedKey[],
  now: number,
): Buffer {
  return issuePermit(
    {
      id: item.requestId,
      principal: principal.holder.arn,
      principalVersion: principal.version,
      account: principal.accountId,
      operation: item.operation,
      region: item.region,
      keys: views.map((view, index) => ({
        keyArn: view.arn,
        authorisationVersion: view.version,
        materialId: keys[index]?.materialId ?? '',
      })),
      inputDigest: item.inputDigest,
      notBeforeMs: now,
      notAfterMs: now + Math.min(Math.max(item.timeoutMs, 1), MAX_LIFE_MS),
    },
    deps.permitKeys.keyFor(item.region, now),
  );
}

function operationOf(item: wire.AuthorizeItem): Operation {
  return operations.get(item.operation) ?? fail('UnknownOperationException');
}

function targetAt(targets: readonly KeyTarget[], index: number): KeyTarget {
  return targets[index] ?? fail('KMSInternalException');
}

const NO_TOKEN = Buffer.alloc(0);
/** Enough for whoever must not be called with temporary credentials. */
const OF_A_SESSION = JSON.stringify({ session: { kind: 'self', transitiveTags: {} } } satisfies CallerContext);

function resolvedKey(target: KeyTarget, view: KeyView, materialId: string, token: Buffer = NO_TOKEN): wire.ResolvedKey {
  return {
    keyArn: view.arn,
    token,
    materialId,
    aliasArn: aliasOf(target, view),
    keySpec: view.spec,
    customKeyStoreId: view.customKeyStoreId,
  };
}

function answer(item: wire.AuthorizeItem, principal: Principal, keys: wire.ResolvedKey[], permit: Buffer): wire.AuthorizeResult {
  return {
    id: item.id,
    accountId: principal.accountId,
    principalArn: principal.arn,
    identity: principal.identity,
    accessKeyId: principal.accessKeyId,
    keys,
    permit,
    error: undefined,
    callerContext: principal.session === undefined ? '' : OF_A_SESSION,
    quotaPerSecond: 0,
  };
}

function failed(deps: AuthorizeDeps, item: wire.AuthorizeItem, { principal, keys }: Progress, error: unknown): wire.AuthorizeResult {
  const detail = toErrorDetail(error);
  const message = encodedMessageOf(error, principal?.accountId ?? '', deps.sessionKeys);
  if (message !== undefined) detail.details.set(ENCODED_MESSAGE, message);
  return {
    id: item.id,
    accountId: principal?.accountId ?? '',
    principalArn: principal?.arn ?? '',
    identity: principal?.identity ?? '',
    accessKeyId: principal?.accessKeyId ?? '',
    keys,
    permit: NO_TOKEN,
    error: detail,
    callerContext: '',
    quotaPerSecond: 0,
  };
}
