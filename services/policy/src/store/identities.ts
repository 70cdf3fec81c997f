import { fail } from '@trent/errors';
import { isUniqueViolation, type Result, type Transaction } from '@trent/postgres';

/** What policies attach to. */
export type IdentityKind = 'User' | 'Role' | 'Group';

/** Statements that change nothing, inside a transaction or outside. */
export interface Reader {
  query<Row = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Result<Row>>;
}

/** A user, role or group as it is stored; also the root, whose name is empty. */
export interface IdentityRow {
  readonly arn: string;
  readonly accountId: string;
  readonly kind: IdentityKind | 'Root';
  readonly uniqueId: string;
  readonly name: string;
  readonly path: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAt: Date;
  readonly boundaryArn: string | null;
  readonly description: string | null;
  readonly maxSessionDuration: number | null;
  readonly trustPolicy: string | null;
}

const COLUMNS = `arn, account_id as "accountId", kind, unique_id as "uniqueId", name, path, tags, created_at as "createdAt",
  boundary_arn as "boundaryArn", description, max_session_duration as "maxSessionDuration", trust_policy as "trustPolicy"`;

/** How IAM numbers things: `AIDA…` of a user, and so on (IAM user guide, "Unique identifiers"). */
export const ID_PREFIX = { User: 'AIDA', Role: 'AROA', Group: 'AGPA' } as const;

/** `arn:aws:iam::111122223333:user/path/name` */
export function identityArn(accountId: string, kind: IdentityKind, path: string, name: string): string {
  return `arn:aws:iam::${accountId}:${kind.toLowerCase()}${path}${name}`;
}

/**
 * Names compare without case, and are kept as they were given.
 * @param lock the row stays as it is until the transaction ends
 * @throws NoSuchEntity in IAM's words
 */
export async function findIdentity(
  tx: Reader,
  accountId: string,
  kind: IdentityKind,
  name: string,
  lock: '' | 'for update' = '',
): Promise<IdentityRow> {
  const { rows } = await tx.query<IdentityRow>(
    `select ${COLUMNS} from principals where account_id = $1 and kind = $2 and lower(name) = lower($3) ${lock}`,
    [accountId, kind, name],
  );
  return rows[0] ?? fail('NoSuchEntity', `The ${kind.toLowerCase()} with name ${name} cannot be found.`);
}

/** @throws NoSuchEntity */
export async function findIdentityByArn(tx: Reader, arn: string, lock: '' | 'for update' = ''): Promise<IdentityRow> {
  const { rows } = await tx.query<IdentityRow>(`select ${COLUMNS} from principals where arn = $1 ${lock}`, [arn]);
  return rows[0] ?? fail('NoSuchEntity', `The entity ${arn} cannot be found.`);
}

/** Several by their ARNs, in no order; those that are not there are left out. */
export async function findIdentities(tx: Reader, arns: readonly string[]): Promise<IdentityRow[]> {
  return (await tx.query<IdentityRow>(`select ${COLUMNS} from principals where arn = any($1)`, [arns])).rows;
}

/** What a new identity starts with. */
export type NewIdentity = Pick<IdentityRow, 'accountId' | 'uniqueId' | 'name' | 'path' | 'tags'> & {
  readonly kind: IdentityKind;
} & Partial<Pick<IdentityRow, 'boundaryArn' | 'description' | 'maxSessionDuration' | 'trustPolicy'>>;

/** @throws EntityAlreadyExists when the name is taken, in whatever case */
export async function insertIdentity(tx: Transaction, given: NewIdentity): Promise<IdentityRow> {
  const { accountId, kind, path, name } = given;
  try {
    const { rows } = await tx.query<IdentityRow>(
      `insert into principals (arn, account_id, kind, unique_id, name, path, tags, boundary_arn, description, max_session_duration, trust_policy)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning ${COLUMNS}`,
      [
        identityArn(accountId, kind, path, name),
        accountId,
        kind,
        given.uniqueId,
        name,
        path,
        JSON.stringify(given.tags),
        given.boundaryArn ?? null,
        given.description ?? null,
        given.maxSessionDuration ?? null,
        given.trustPolicy ?? null,
      ],
    );
    return rows[0] ?? fail('ServiceFailure');
  } catch (error) {
    throw asNameTaken(error, kind, name);
  }
}

function asNameTaken(error: unknown, kind: IdentityKind, name: string): unknown {
  if (!isUniqueViolation(error)) return error;
  return fail('EntityAlreadyExists', `${kind} with name ${name} already exists.`, { cause: error });
}

/** Gives an identity another name or path, and so another ARN. Returns the new ARN. @throws EntityAlreadyExists */
export async function renameIdentity(tx: Transaction, identity: IdentityRow, name: string, path: string): Promise<string> {
  const kind = identity.kind as IdentityKind;
  const arn = identityArn(identity.accountId, kind, path, name);
  try {
    await tx.query('update principals set arn = $2, name = $3, path = $4 where arn = $1', [identity.arn, arn, name, path]);
  } catch (error) {
    throw asNameTaken(error, kind, name);
  }
  return arn;
}

/** Sets some columns of an identity. */
export async function updateIdentity(
  tx: Transaction,
  arn: string,
  change: Partial<Pick<IdentityRow, 'tags' | 'boundaryArn' | 'description' | 'maxSessionDuration' | 'trustPolicy'>>,
): Promise<void> {
  const values: Record<string, unknown> = {};
  if (change.tags !== undefined) values['tags'] = JSON.stringify(change.tags);
  if (change.boundaryArn !== undefined) values['boundary_arn'] = change.boundaryArn;
  if (change.description !== undefined) values['description'] = change.description;
  if (change.maxSessionDuration !== undefined) values['max_session_duration'] = change.maxSessionDuration;
  if (change.trustPolicy !== undefined) values['trust_policy'] = change.trustPolicy;
  const columns = Object.keys(values);
  if (columns.length === 0) return;
  const set = columns.map((column, index) => `${column} = $${String(index + 2)}`).join(', ');
  await tx.query(`update principals set ${set} where arn = $1`, [arn, ...Object.values(values)]);
}

/** Removes an identity; the caller has seen that nothing holds on to it. Its version is what fences have to see once more. */
export async function deleteIdentity(tx: Transaction, arn: string): Promise<bigint> {
  await tx.query('delete from principals where arn = $1', [arn]);
  const { rows } = await tx.query<{ version: bigint }>(`select nextval('principal_versions') as version`);
  return rows[0]?.version ?? fail('ServiceFailure');
}

/** Identities of one kind in the order of their names, those after `after` (folded name). */
export async function listIdentities(
  tx: Reader,
  accountId: string,
  kind: IdentityKind,
  pathPrefix: string,
  after: string,
  limit: number,
): Promise<IdentityRow[]> {
  const { rows } = await tx.query<IdentityRow>(
    `select ${COLUMNS} from principals where account_id = $1 and kind = $2 and starts_with(path, $3) and lower(name) collate "C" > $4
     order by lower(name) collate "C" limit $5`,
    [accountId, kind, pathPrefix, after, limit],
  );
  return rows;
}

/** How many identities of a kind the account has. */
export async function countIdentities(tx: Reader, accountId: string, kind: IdentityKind): Promise<number> {
  const { rows } = await tx.query<{ count: number }>('select count(*)::int as count from principals where account_id = $1 and kind = $2', [
    accountId,
    kind,
  ]);
  return rows[0]?.count ?? 0;
}

/** Users of a group, by name. */
export async function listMembers(tx: Reader, groupArn: string, after: string, limit: number): Promise<IdentityRow[]> {
  const { rows } = await tx.query<IdentityRow>(
    `select ${COLUMNS} from principals join group_members on user_arn = arn where group_arn = $1 and lower(name) collate "C" > $2
     order by lower(name) collate "C" limit $3`,
    [groupArn, after, limit],
  );
  return rows;
}

/** Groups of a user, by name. */
export async function listGroupsOf(tx: Reader, userArn: string, after: string, limit: number): Promise<IdentityRow[]> {
  const { rows } = await tx.query<IdentityRow>(
    `select ${COLUMNS} from principals join group_members on group_arn = arn where user_arn = $1 and lower(name) collate "C" > $2
     order by lower(name) collate "C" limit $3`,
    [userArn, after, limit],
  );
  return rows;
}
