import { kms, type invoke } from '@trent/contracts';
import { fail } from '@trent/errors';
import { aliasArn, parseAliasName, parseKeyReference } from '@trent/identifiers';
import { operationInState } from '@trent/key-model';
import { insertAlias, listAliases as readAliases } from '../store/aliases.ts';
import { lockKey, raiseVersion, readKey } from '../store/keys.ts';
import { answer, change, keyChange, keyOf, type Call, type Deps } from './call.ts';
import { pageOf } from './marker.ts';

const LIST_ALIASES = { default: 50, most: 100 };

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html */
export function createAlias(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const name = kms.CreateAliasRequest.decode(call.request.input).aliasName ?? '';
  const aliasName = parseAliasName(name) ?? fail('ValidationException', `${name} contains invalid characters for an alias`);
  const { keyId, arn } = keyOf(call);
  return change(deps, call, async (tx) => {
    const key = await lockKey(tx, call.region, keyId);
    operationInState('CreateAlias', key.state, arn);
    await insertAlias(tx, call.region, call.accountId, aliasName, keyId);
    // kms:ResourceAliases reads a key's aliases, so the key's view changes with them.
    const version = await raiseVersion(tx, call.region, keyId);
    return {
      response: {},
      resources: [arn, aliasArn(call.region, call.accountId, aliasName)],
      changes: [keyChange(call.region, keyId, version)],
    };
  });
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
