import { iam, type invoke } from '@trent/contracts';
import { fail } from '@trent/errors';
import { reveal } from '@trent/secret-bytes/reveal';
import { accessKeyLabel } from '../accounts/credentials.ts';
import { newAccessKey } from '../accounts/new-access-key.ts';
import { findAccessKey, insertAccessKey } from '../store/accounts.ts';
import type { Reader } from '../store/identities.ts';
import { touch } from '../store/touch.ts';
import { change, changes, reads, type IamCall, type IamDeps } from './call.ts';
import { given, userOrCaller } from './names.ts';
import { pageOfAll } from './paging.ts';
import { QUOTAS } from './quotas.ts';

const { ACCESS_KEY_STATUS_ACTIVE: ACTIVE, ACCESS_KEY_STATUS_INACTIVE: INACTIVE } = iam.AccessKeyStatus;

interface KeyRow {
  readonly id: string;
  readonly active: boolean;
  readonly createdAt: Date;
}

async function keysOf(tx: Reader, principalArn: string): Promise<KeyRow[]> {
  const { rows } = await tx.query<KeyRow>(
    'select access_key_id as id, active, created_at as "createdAt" from access_keys where principal_arn = $1',
    [principalArn],
  );
  return rows;
}

/**
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html
 * The secret is in no table and no record in clear: the answer that is kept for repeats has none, and a repeat gets it unsealed.
 */
async function createAccessKey(deps: IamDeps, call: IamCall): Promise<invoke.InvokeResponse> {
  const { userName } = iam.CreateAccessKeyRequest.decode(call.request.input);
  const made = await newAccessKey(deps.seal, call.deadline);
  const kept = await change(deps, call, async (tx) => {
    const holder = await userOrCaller(tx, call, userName, 'for update');
    if ((await keysOf(tx, holder.arn)).length >= QUOTAS.accessKeysPerUser) {
      fail('LimitExceededException', `Cannot exceed quota for AccessKeysPerUser: ${String(QUOTAS.accessKeysPerUser)}`);
    }
    await insertAccessKey(tx, made.accessKeyId, holder.arn, made.sealed);
    const shown = holder.kind === 'Root' ? {} : { userName: holder.name };
    const accessKey = { ...shown, accessKeyId: made.accessKeyId, status: ACTIVE, createDate: new Date(call.now) };
    return { response: iam.CreateAccessKeyResponse.create({ accessKey }) };
  });
  const answer = iam.CreateAccessKeyResponse.decode(kept.output);
  const { accessKey } = answer;
  if (accessKey === undefined) fail('ServiceFailure');
  const isNew = accessKey.accessKeyId === made.accessKeyId;
  accessKey.secretAccessKey = isNew ? made.secretAccessKey : await secretOf(deps, given(accessKey.accessKeyId), call.deadline);
  return { ...kept, output: Buffer.from(iam.CreateAccessKeyResponse.encode(answer).finish()) };
}

async function secretOf({ db, unseal }: IamDeps, accessKeyId: string, deadline: number): Promise<string> {
  const row = await findAccessKey(db, accessKeyId, deadline);
  if (row === undefined) fail('NoSuchEntity', noSuchKey(accessKeyId));
  using secret = await unseal(row.sealedSecret, accessKeyLabel(accessKeyId), deadline);
  return reveal(secret).toString('latin1');
}

const updateAccessKey = changes(iam.UpdateAccessKeyRequest, async (tx, call, input) => {
  const holder = await userOrCaller(tx, call, input.userName, 'for update');
  const id = given(input.accessKeyId);
  const { rowCount } = await tx.query('update access_keys set active = $3 where access_key_id = $1 and principal_arn = $2', [
    id,
    holder.arn,
    input.status === ACTIVE,
  ]);
  if (rowCount === 0) fail('NoSuchEntity', noSuchKey(id));
  return { response: iam.UpdateAccessKeyResponse.create(), touched: await touch(tx, holder) };
});

const deleteAccessKey = changes(iam.DeleteAccessKeyRequest, async (tx, call, input) => {
  const holder = await userOrCaller(tx, call, input.userName, 'for update');
  const id = given(input.accessKeyId);
  const { rowCount } = await tx.query('delete from access_keys where access_key_id = $1 and principal_arn = $2', [id, holder.arn]);
  if (rowCount === 0) fail('NoSuchEntity', noSuchKey(id));
  return { response: iam.DeleteAccessKeyResponse.create(), touched: await touch(tx, holder) };
});

const listAccessKeys = reads(iam.ListAccessKeysRequest, async (db, call, input) => {
  const holder = await userOrCaller(db, call, input.userName);
  const shown = holder.kind === 'Root' ? {} : { userName: holder.name };
  const { rows, ...more } = await pageOfAll(input, ({ id }: KeyRow) => id, await keysOf(db, holder.arn));
  const accessKeyMetadata = rows.map(({ id, active, createdAt }) => ({
    ...shown,
    accessKeyId: id,
    status: active ? ACTIVE : INACTIVE,
    createDate: createdAt,
  }));
  return iam.ListAccessKeysResponse.create({ accessKeyMetadata, ...more });
});

interface UseRow {
  readonly userName: string;
  readonly usedAt: Date | null;
  readonly service: string | null;
  readonly region: string | null;
}

/** IAM writes N/A for a key that was never used. */
const NEVER = 'N/A';

const getAccessKeyLastUsed = reads(iam.GetAccessKeyLastUsedRequest, async (db, { accountId }, { accessKeyId }) => {
  const { rows } = await db.query<UseRow>(
    `select p.name as "userName", k.last_used_at as "usedAt", k.last_used_service as service, k.last_used_region as region
     from access_keys k join principals p on p.arn = k.principal_arn where k.access_key_id = $1 and p.account_id = $2`,
    [accessKeyId, accountId],
  );
  const row = rows[0] ?? fail('NoSuchEntity', noSuchKey(given(accessKeyId)));
  return iam.GetAccessKeyLastUsedResponse.create({
    userName: row.userName,
    accessKeyLastUsed: { lastUsedDate: row.usedAt ?? undefined, serviceName: row.service ?? NEVER, region: row.region ?? NEVER },
  });
});

function noSuchKey(id: string): string {
  return `The Access Key with id ${id} cannot be found.`;
}

/** Access keys. */
export const accessKeyHandlers = {
  'iam.CreateAccessKey': createAccessKey,
  'iam.UpdateAccessKey': updateAccessKey,
  'iam.DeleteAccessKey': deleteAccessKey,
  'iam.ListAccessKeys': listAccessKeys,
  'iam.GetAccessKeyLastUsed': getAccessKeyLastUsed,
};
