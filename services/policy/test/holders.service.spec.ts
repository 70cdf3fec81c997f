import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { findHolder, saveKeyUses } from '../src/store/holders.ts';
import { ACCOUNT, startPolicyStore, type PolicyStore } from './policy-store.ts';

const BOB = `arn:aws:iam::${ACCOUNT}:user/bob`;
const STAFF = `arn:aws:iam::${ACCOUNT}:group/staff`;
const ADMIN = 'arn:aws:iam::aws:policy/AdministratorAccess';
const deadline = (): number => performance.now() + 10_000;

let store: PolicyStore;
beforeAll(async () => {
  store = await startPolicyStore();
  const { db } = store;
  await db.query(
    `insert into principals (arn, account_id, kind, unique_id, name, tags, boundary_arn) values
    ($1, $3, 'User', 'AIDA1', 'bob', '{"team":"blue"}', $4), ($2, $3, 'Group', 'AGPA1', 'staff', '{}', null)`,
    [BOB, STAFF, ACCOUNT, ADMIN],
  );
  await db.query('insert into group_members (group_arn, user_arn) values ($1, $2)', [STAFF, BOB]);
  await db.query(`insert into inline_policies values ($1, 'own', 'o'), ($2, 'shared', 's')`, [BOB, STAFF]);
  await db.query('insert into attachments values ($1, $2)', [STAFF, ADMIN]);
}, 120_000);
afterAll(async () => {
  await store[Symbol.asyncDispose]();
});

test('a user is found with all that decides: own policies, those of its groups, its boundary', async () => {
  const holder = await findHolder(store.db, BOB, deadline());
  expect(holder).toMatchObject({ arn: BOB, kind: 'User', uniqueId: 'AIDA1', name: 'bob', tags: { team: 'blue' } });
  expect(holder?.documents.map(({ kind, source }) => `${kind} ${source}`)).toEqual([
    `boundary ${ADMIN}`,
    `identity ${ADMIN}`,
    'identity group_staff_shared',
    'identity user_bob_own',
  ]);
});

test('the root is found without documents, a group is no holder', async () => {
  expect(await findHolder(store.db, `arn:aws:iam::${ACCOUNT}:root`, deadline())).toMatchObject({ kind: 'Root', documents: [] });
  expect(await findHolder(store.db, STAFF, deadline())).toBeUndefined();
});

test('an older use of a key never replaces a newer one', async () => {
  await store.db.query(`insert into access_keys (access_key_id, principal_arn, sealed_secret) values ('AKIA1', $1, 'x')`, [BOB]);
  const use = (atMs: number, region: string) => ({ accessKeyId: 'AKIA1', atMs, service: 'kms', region });
  await saveKeyUses(store.db, [use(2_000, 'eu-west-1')], deadline());
  await saveKeyUses(store.db, [use(1_000, 'us-east-1')], deadline());
  const { rows } = await store.db.query('select last_used_at as at, last_used_region as region from access_keys');
  expect(rows).toEqual([{ at: new Date(2_000), region: 'eu-west-1' }]);
});
