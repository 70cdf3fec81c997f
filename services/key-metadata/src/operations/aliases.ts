import { kms, type invoke } from '@trent/contracts';
import { fail } from '@trent/errors';
import { aliasArn, parseAliasName, parseKeyReference, type AliasName } from '@trent/identifiers';
import { keySpecs, operationInState } from '@trent/key-model';
import type { Transaction } from '@trent/postgres';
import { dropAlias, insertAlias, listAliases as readAliases, moveAlias } from '../store/aliases.ts';
import { lockKey, lockKeys, raiseVersion, readKey, type KeyRow } from '../store/keys.ts';
import { aliasChange, answer, change, keyChange, keyOf, type Call, type Deps } from './call.ts';
import { pageOf } from './marker.ts';

const LIST_ALIASES = { default: 50, most: 100 };

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html */
export function createAlias(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const aliasName = aliasNameIn(kms.CreateAliasRequest.decode(call.request.input));
  const { keyId, arn } = keyOf(call);
  return change(deps, call, async (tx) => {
    const key = await lockKey(tx, call.region, keyId);
    operationInState('CreateAlias', key.state, arn);
    await insertAlias(tx, call.region, call.accountId, aliasName, keyId);
    return {
      response: {},
      resources: [arn, aliasArn(call.region, call.accountId, aliasName)],
      changes: [await changeOfKey(tx, call, keyId)],
    };
  });
}

/**
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateAlias.html: policy has authorised the new key and the one that the alias named
 * when it looked.
 */
export function updateAlias(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const aliasName = aliasNameIn(kms.UpdateAliasRequest.decode(call.request.input));
  const [next, present] = [keyOf(call, 0), keyOf(call, 1)];
  return change(deps, call, async (tx) => {
    const keys = await lockKeys(tx, call.region, [next.keyId, present.keyId]);
    const [newKey, oldKey] = [keys.get(next.keyId), keys.get(present.keyId)];
    if (newKey === undefined || oldKey === undefined) return fail('KMSInternalException');
    operationInState('UpdateAlias', newKey.state, next.arn);
    checkAlike(newKey, oldKey);
    const version = await moveAlias(tx, { region: call.region, accountId: call.accountId, aliasName }, oldKey.keyId, newKey.keyId);
    const resources = [...new Set([next.arn, present.arn]), aliasArn(call.region, call.accountId, aliasName)];
    const changes = [aliasChange(call.region, call.accountId, aliasName, version)];
    for (const keyId of keys.keys()) changes.push(await changeOfKey(tx, call, keyId));
    return { response: {}, resources, changes };
  });
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_DeleteAlias.html: the key behind it stays. */
export function deleteAlias(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const aliasName = aliasNameIn(kms.DeleteAliasRequest.decode(call.request.input));
  const { keyId, arn } = keyOf(call);
  return change(deps, call, async (tx) => {
    const key = await lockKey(tx, call.region, keyId);
    operationInState('DeleteAlias', key.state, arn);
    const version = await dropAlias(tx, { region: call.region, accountId: call.accountId, aliasName }, keyId);
    return {
      response: {},
      resources: [arn, aliasArn(call.region, call.accountId, aliasName)],
      changes: [aliasChange(call.region, call.accountId, aliasName, version), await changeOfKey(tx, call, keyId)],
    };
  });
}

function aliasNameIn({ aliasName = '' }: { readonly aliasName?: string | undefined }): AliasName {
  return parseAliasName(aliasName) ?? fail('ValidationException', `${aliasName} contains invalid characters for an alias`);
}

/** kms:ResourceAliases reads a key's aliases, so the key's view changes with them. */
async function changeOfKey(tx: Transaction, call: Call, keyId: string) {
  return keyChange(call.region, keyId, await raiseVersion(tx, call.region, keyId));
}

/** "The current and new KMS key must be the same type (both symmetric or both asymmetric or both HMAC), and they must have the same key usage." */
function checkAlike(newKey: KeyRow, oldKey: KeyRow): void {
  const isAlike = keySpecs[newKey.spec].kind === keySpecs[oldKey.spec].kind && newKey.usage === oldKey.usage;
  if (!isAlike) fail('ValidationException', 'The current and the new KMS key must be of the same type and have the same key usage.');
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_ListAliases.html */
export async function listAliases(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const { keyId: reference, limit, marker } = kms.ListAliasesRequest.decode(call.request.input);
  const { region, accountId } = call;
  const keyId = reference === undefined ? undefined : await ownKeyId(deps, call, reference);
  const scope = ['ListAliases', region, accountId, keyId ?? ''];
  const size = Math.min(limit ?? LIST_ALIASES.default, LIST_ALIASES.most);
  const rows = await readAliases(deps.db, { region, accountId, keyId }, deps.markers.read(scope, marker), size + 1);
  const { page, last } = pageOf(rows, size);
  const aliases = page.map((row) => ({
    aliasName: row.aliasName,
    aliasArn: aliasArn(region, accountId, row.aliasName),
    targetKeyId: row.keyId,
    creationDate: row.createdAt,
    lastUpdatedDate: row.updatedAt,
  }));
  return answer(call, {
    aliases,
    truncated: last !== undefined,
    nextMarker: last === undefined ? undefined : deps.markers.make(scope, last.aliasName),
  });
}

/** The filter names a key of the own account and Region; authorised is the list, not the key, so it is resolved here. */
async function ownKeyId(deps: Deps, { region, accountId }: Call, reference: string): Promise<string> {
  const parsed = parseKeyReference(reference, { region, account: accountId, aliases: false });
  if (!('keyId' in parsed)) return fail('InvalidArnException', 'Key Aliases are not supported for this operation.');
  const notFound = `Key 'arn:aws:kms:${region}:${accountId}:key/${parsed.keyId}' does not exist`;
  if ('account' in parsed && parsed.account !== accountId) fail('NotFoundException', notFound);
  const key = await readKey(deps.db, region, parsed.keyId).catch(() => fail('NotFoundException', notFound));
  return key.accountId === accountId ? key.keyId : fail('NotFoundException', notFound);
}
