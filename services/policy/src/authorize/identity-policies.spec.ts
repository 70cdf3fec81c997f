import { describe, expect, test } from '@jest/globals';
import type { HolderRow } from '../store/holders.ts';
import { authorizeItem } from './authorize.ts';
import { ACCOUNT, aHolder, anItem, aPolicy } from './authorize.fixture.ts';

const DEADLINE = 60_000;
const KEY_ARN = `arn:aws:kms:us-east-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;

function document(effect: 'Allow' | 'Deny', action: string, more: object = {}): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: { Effect: effect, Action: action, Resource: '*', ...more } });
}

function identity(text: string): HolderRow['documents'][number] {
  return { kind: 'identity', source: 'user_bob_p', document: text };
}

function boundary(text: string): HolderRow['documents'][number] {
  return { kind: 'boundary', source: `arn:aws:iam::${ACCOUNT}:policy/limit`, document: text };
}

function bob(documents: HolderRow['documents'], parts: Partial<HolderRow> = {}): HolderRow {
  const uniqueId = 'AIDAEXAMPLEEXAMPLE123';
  return aHolder({ arn: `arn:aws:iam::${ACCOUNT}:user/dev/bob`, kind: 'User', uniqueId, name: 'bob', documents, ...parts });
}

async function outcome(holder: HolderRow): Promise<{ code: string; message: string; identity: unknown }> {
  const result = await authorizeItem(aPolicy(undefined, { holder }).deps, anItem(), DEADLINE);
  const who: unknown = result.identity === '' ? undefined : JSON.parse(result.identity);
  return { code: result.error?.code ?? 'allowed', message: result.error?.message ?? '', identity: who };
}

describe('users and their policies', () => {
  test.each([
    ['one without a policy is denied', [], 'AccessDeniedException'],
    [
      'a policy that allows the operation is enough, since the key policy lets the account decide',
      [identity(document('Allow', 'kms:Encrypt'))],
      'allowed',
    ],
    ['a policy of another operation is not', [identity(document('Allow', 'kms:Decrypt'))], 'AccessDeniedException'],
    [
      'a denial in one policy wins over what another allows',
      [identity(document('Allow', 'kms:*')), identity(document('Deny', 'kms:Encrypt'))],
      'AccessDeniedException',
    ],
    [
      'a boundary limits what policies allow',
      [identity(document('Allow', 'kms:*')), boundary(document('Allow', 'kms:Decrypt'))],
      'AccessDeniedException',
    ],
    ['a boundary allows nothing by itself', [boundary(document('Allow', 'kms:*'))], 'AccessDeniedException'],
    [
      'conditions of identity policies are asked also when the key policy has none',
      [identity(document('Allow', 'kms:Encrypt', { Condition: { StringEquals: { 'kms:KeySpec': 'SYMMETRIC_DEFAULT' } } }))],
      'allowed',
    ],
    [
      "a user's tags are in view",
      [identity(document('Allow', 'kms:Encrypt', { Condition: { StringEquals: { 'aws:PrincipalTag/team': 'blue' } } }))],
      'allowed',
    ],
    [
      'a document that no longer compiles denies everything',
      [identity(document('Allow', 'kms:*')), identity('{')],
      'AccessDeniedException',
    ],
  ] as const)('%s', async (_, documents, code) => {
    expect(await outcome(bob(documents, { tags: { team: 'blue' } }))).toMatchObject({ code });
  });

  test('the denial says who and what, and the identity is a user', async () => {
    const { message, identity: who } = await outcome(bob([]));
    expect(message).toBe(
      `User: arn:aws:iam::${ACCOUNT}:user/dev/bob is not authorized to perform: kms:Encrypt on resource: ${KEY_ARN} ` +
        'because no identity-based policy allows the kms:Encrypt action',
    );
    expect(who).toMatchObject({ type: 'IAMUser', userName: 'bob', principalId: 'AIDAEXAMPLEEXAMPLE123', accountId: ACCOUNT });
  });

  test('a change of the user is obeyed by the next request', async () => {
    const holders = [bob([identity(document('Allow', 'kms:Encrypt'))])];
    const { deps } = aPolicy(undefined, { holder: holders[0] as HolderRow });
    expect((await authorizeItem(deps, anItem(), DEADLINE)).error).toBeUndefined();
    expect(deps.credentials.holder(bob([]).arn)).toBeDefined();
    deps.credentials.forget({ sequence: 1n, kind: 'principal', id: bob([]).arn, version: 4n });
    expect(deps.credentials.holder(bob([]).arn)).toBeUndefined();
    expect(deps.credentials.state()).toEqual({ holders: 0, accessKeys: 0, certificates: 0 });
  });
});

describe('how long a key has not been used', () => {
  const days = (value: number) => ({ NumericGreaterThanEquals: { 'kms:TrailingDaysWithoutKeyUsage': String(value) } });
  test.each([
    ['kms.ScheduleKeyDeletion', 'kms:ScheduleKeyDeletion', 3, 'allowed'],
    ['kms.ScheduleKeyDeletion', 'kms:ScheduleKeyDeletion', 4, 'AccessDeniedException'],
    ['kms.DisableKey', 'kms:DisableKey', 3, 'allowed'],
    ['kms.EnableKey', 'kms:EnableKey', 0, 'AccessDeniedException'],
  ])('%s, %s with %i days: %s', async (operation, action, atLeast, code) => {
    const holder = bob([identity(document('Allow', action, { Condition: days(atLeast) }))]);
    const { error } = await authorizeItem(aPolicy(undefined, { holder }).deps, anItem({ operation }), DEADLINE);
    expect(error?.code ?? 'allowed').toBe(code);
  });
});

describe('tags of a new key', () => {
  const facts = [{ key: 'aws:TagKeys', values: ['team'], keyNumber: 0 }];
  test.each([
    [['kms:CreateKey'], [], 'allowed'],
    [['kms:CreateKey'], facts, 'AccessDeniedException'],
    [['kms:TagResource'], facts, 'AccessDeniedException'],
    [['kms:CreateKey', 'kms:TagResource'], facts, 'allowed'],
  ])('%j allows CreateKey with facts %j: %s', async (actions, given, code) => {
    const holder = bob(actions.map((action) => identity(document('Allow', action))));
    const item = anItem({ operation: 'kms.CreateKey', keys: [], facts: given });
    const { error } = await authorizeItem(aPolicy(undefined, { holder }).deps, item, DEADLINE);
    expect(error?.code ?? 'allowed').toBe(code);
  });
});
