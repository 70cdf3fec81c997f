import { kms, type invoke } from '@trent/contracts';
import { fail } from '@trent/errors';
import { parseGrantId, rootArn, type AccountId } from '@trent/identifiers';
import { readGrantToken } from '@trent/policy-evaluator';
import { deleteGrant, listGrantsOfKey, listRetirable, type ListedGrant } from '../store/grants.ts';
import { arnOf, lockKey, type KeyRow } from '../store/keys.ts';
import { answer, change, keyChange, keyOf, type Call, type Deps, type Done } from './call.ts';
import { checkPrincipal, dryRun, grantOperation } from './grant-parts.ts';
import { pageOf } from './marker.ts';

const LIST_GRANTS = { default: 50, most: 100 };

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_ListGrants.html */
export async function listGrants(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const {
    limit,
    marker,
    grantId,
    granteePrincipal,
    granteeServicePrincipal: granteeService,
  } = kms.ListGrantsRequest.decode(call.request.input);
  if (grantId !== undefined) checkGrantId(grantId);
  if (granteePrincipal !== undefined) checkPrincipal(granteePrincipal);
  const { keyId } = keyOf(call);
  const scope = ['ListGrants', call.region, keyId, grantId ?? '', granteePrincipal ?? '', granteeService ?? ''];
  const size = Math.min(limit ?? LIST_GRANTS.default, LIST_GRANTS.most);
  const filter = { grantId, granteePrincipal, granteeService };
  const rows = await listGrantsOfKey(deps.db, call.region, keyId, filter, deps.markers.read(scope, marker), size + 1);
  return answer(
    call,
    pageAnswer(deps, call, scope, pageOf(rows, size), (last) => last.grantId),
  );
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_ListRetirableGrants.html: of the caller's own account, on whosever keys. */
export async function listRetirableGrants(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const { limit, marker, retiringPrincipal, retiringServicePrincipal } = kms.ListRetirableGrantsRequest.decode(call.request.input);
  if (retiringServicePrincipal !== undefined) notForOthers(call);
  const principal = checkPrincipal(retiringPrincipal ?? '');
  if (principal.account !== call.accountId) notForOthers(call);
  const scope = ['ListRetirableGrants', call.region, call.accountId, principal.arn];
  const size = Math.min(limit ?? LIST_GRANTS.default, LIST_GRANTS.most);
  const [keyId = '', grantId = ''] = deps.markers.read(scope, marker).split('/');
  const rows = await listRetirable(deps.db, call.region, principal.arn, { keyId, grantId }, size + 1);
  return answer(
    call,
    pageAnswer(deps, call, scope, pageOf(rows, size), (last) => `${last.keyId}/${last.grantId}`),
  );
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_RetireGrant.html: policy has judged who may, by the grant itself. */
export function retireGrant(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const { grantToken, grantId, dryRun: isDryRun } = kms.RetireGrantRequest.decode(call.request.input);
  const id = grantToken === undefined ? grantId : readGrantToken(deps.grantTokenKey, grantToken)?.grantId;
  return endGrant(deps, call, id ?? fail('InvalidGrantTokenException'), isDryRun === true, true);
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_RevokeGrant.html */
export function revokeGrant(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const { grantId = '', dryRun: isDryRun } = kms.RevokeGrantRequest.decode(call.request.input);
  return endGrant(deps, call, grantId, isDryRun === true, false);
}

/** No replica allows by the grant any more when this is answered, and permits issued before are refused. */
function endGrant(deps: Deps, call: Call, grantId: string, isDryRun: boolean, isRetired: boolean): Promise<invoke.InvokeResponse> {
  checkGrantId(grantId);
  const { keyId, arn } = keyOf(call);
  return change(deps, call, async (tx): Promise<Done<object>> => {
    await lockKey(tx, call.region, keyId);
    const version = await deleteGrant(tx, call.region, keyId, grantId);
    if (version === undefined) fail('NotFoundException', `Grant ${grantId} is not found for ${arn}.`);
    if (isDryRun) dryRun();
    return {
      response: {},
      resources: [arn],
      changes: [keyChange(call.region, keyId, version)],
      ...(isRetired ? { additionalEventData: { grantId } } : {}),
    };
  });
}

function checkGrantId(grantId: string): void {
  if (parseGrantId(grantId) === undefined) fail('InvalidGrantIdException', `Invalid grant ID: ${grantId}`);
}

/** AWS KMS API, ListRetirableGrants: principals of the own account; service principals list for themselves alone. */
function notForOthers({ request }: Call): never {
  return fail(
    'AccessDeniedException',
    `User: ${request.caller?.principalArn ?? ''} is not authorized to perform: kms:ListRetirableGrants on this retiring principal.`,
  );
}

function pageAnswer(
  deps: Deps,
  { region }: Call,
  scope: readonly string[],
  { page, last }: { readonly page: readonly ListedGrant[]; readonly last: ListedGrant | undefined },
  nameOf: (last: ListedGrant) => string,
): kms.ListGrantsResponse {
  return kms.ListGrantsResponse.create({
    grants: page.map((grant) => entryOf(region, grant)),
    truncated: last !== undefined,
    nextMarker: last === undefined ? undefined : deps.markers.make(scope, nameOf(last)),
  });
}

function entryOf(region: KeyRow['region'], grant: ListedGrant): kms.GrantListEntry {
  const { contextEquals, contextSubset, sourceArn } = grant;
  const isConstrained = contextEquals !== null || contextSubset !== null || sourceArn !== null;
  return kms.GrantListEntry.create({
    keyId: arnOf({ region, keyId: grant.keyId as KeyRow['keyId'], accountId: grant.keyAccount as AccountId }),
    grantId: grant.grantId,
    name: grant.name,
    creationDate: grant.createdAt,
    granteePrincipal: grant.granteePrincipal ?? undefined,
    granteeServicePrincipal: grant.granteeService ?? undefined,
    retiringPrincipal: grant.retiringPrincipal ?? undefined,
    retiringServicePrincipal: grant.retiringService ?? undefined,
    issuingAccount: rootArn(grant.issuingAccount as AccountId),
    operations: grant.operations.map((operation) => grantOperation.fromAws(operation) as kms.GrantOperation),
    constraints: isConstrained
      ? {
          encryptionContextEquals: new Map(Object.entries(contextEquals ?? {})),
          encryptionContextSubset: new Map(Object.entries(contextSubset ?? {})),
          sourceArn: sourceArn ?? undefined,
        }
      : undefined,
  });
}
