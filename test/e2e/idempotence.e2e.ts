import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from '@jest/globals';
import { answerOf, Caller, jsonHeaders, type Answer, type Members } from './fixtures/caller.ts';
import { anotherAccount, testCluster } from './fixtures/cluster.ts';
import { aKey, anAlias } from './fixtures/keys.ts';
import { aPrimary, THERE } from './fixtures/multi-region.ts';
import { rotationsOf } from './fixtures/rotations.ts';

const caller = new Caller();
afterAll(() => caller[Symbol.dispose]());

/** Sends a request as an SDK does that tries again: the same invocation id, another request. */
async function send(by: Caller, operation: string, input: Members, invocationId: string): Promise<Answer> {
  const plain = {
    headers: { ...jsonHeaders(`TrentService.${operation}`), 'amz-sdk-invocation-id': invocationId },
    body: JSON.stringify(input),
  };
  return answerOf(await by.wire.send({ ...plain, headers: await by.sign(plain) }));
}

const keyIdOf = ({ body }: Answer): string => (body['KeyMetadata'] as { KeyId: string }).KeyId;

interface Row {
  readonly operation: string;
  /** Makes what the operation works on. */
  readonly input: () => Promise<Members>;
  /** What the same request answers under another invocation id; undefined: it succeeds again. */
  readonly second: string | undefined;
}

const aTarget = async () => ({ KeyId: (await aKey(caller)).id });
const aGrantToEnd = async (): Promise<Members> => {
  const { id: KeyId, arn } = await aKey(caller);
  const GranteePrincipal = `arn:aws:iam::${caller.account.accountId}:root`;
  const { body } = await caller.ok('CreateGrant', { KeyId, GranteePrincipal, Operations: ['Encrypt'] });
  return { KeyId: arn, GrantId: body['GrantId'] };
};
const rows: Row[] = [
  { operation: 'CreateKey', input: () => Promise.resolve({ Description: randomUUID() }), second: undefined },
  {
    operation: 'CreateAlias',
    input: async () => ({ AliasName: `alias/${randomUUID()}`, TargetKeyId: (await aKey(caller)).id }),
    second: 'AlreadyExistsException',
  },
  { operation: 'ScheduleKeyDeletion', input: aTarget, second: 'KMSInvalidStateException' },
  {
    operation: 'CancelKeyDeletion',
    input: async () => ({ KeyId: (await aKey(caller, { state: 'PendingDeletion' })).id }),
    second: 'KMSInvalidStateException',
  },
  { operation: 'RotateKeyOnDemand', input: aTarget, second: undefined },
  {
    operation: 'CreateGrant',
    input: async () => ({
      ...(await aTarget()),
      GranteePrincipal: `arn:aws:iam::${caller.account.accountId}:root`,
      Operations: ['Encrypt'],
    }),
    second: undefined,
  },
  {
    operation: 'ReplicateKey',
    input: async () => ({ KeyId: (await aPrimary(caller)).id, ReplicaRegion: THERE }),
    second: 'AlreadyExistsException',
  },
  { operation: 'DeleteAlias', input: async () => ({ AliasName: await anAlias(caller, await aKey(caller)) }), second: 'NotFoundException' },
  {
    operation: 'UpdateAlias',
    input: async () => ({ AliasName: await anAlias(caller, await aKey(caller)), TargetKeyId: (await aKey(caller)).id }),
    second: undefined,
  },
  { operation: 'RetireGrant', input: aGrantToEnd, second: 'NotFoundException' },
  { operation: 'RevokeGrant', input: aGrantToEnd, second: 'NotFoundException' },
  { operation: 'TagResource', input: async () => ({ ...(await aTarget()), Tags: [{ TagKey: 'a', TagValue: 'b' }] }), second: undefined },
];

describe('a request that is sent again under its invocation id', () => {
  test.each(rows)('$operation: is answered with the first answer', async ({ operation, input, second }) => {
    const members = await input();
    const id = randomUUID();
    const first = await send(caller, operation, members, id);
    expect(first).toMatchObject({ status: 200 });
    const repeated = await send(caller, operation, members, id);
    expect(repeated.http.text).toBe(first.http.text);
    expect(repeated.requestId).not.toBe(first.requestId);
    const other = await send(caller, operation, members, randomUUID());
    expect(other.error).toBe(second);
  });

  test('makes one key also when both come at once', async () => {
    const id = randomUUID();
    const answers = await Promise.all([1, 2, 3].map(() => send(caller, 'CreateKey', { Description: id }, id)));
    expect(new Set(answers.map(keyIdOf)).size).toBe(1);
  });

  test('rotates once', async () => {
    const key = await aKey(caller);
    const id = randomUUID();
    for (let time = 0; time < 3; time++) await send(caller, 'RotateKeyOnDemand', { KeyId: key.id }, id);
    expect(await rotationsOf(caller, key)).toHaveLength(1);
  });
});

describe('an invocation id does not make another request the same', () => {
  test('with another body', async () => {
    const id = randomUUID();
    const first = await send(caller, 'CreateKey', { Description: 'one' }, id);
    const second = await send(caller, 'CreateKey', { Description: 'two' }, id);
    expect(second).toMatchObject({ status: 200, body: { KeyMetadata: { Description: 'two' } } });
    expect(keyIdOf(second)).not.toBe(keyIdOf(first));
  });

  test('of another account', async () => {
    using stranger = new Caller({ account: await anotherAccount(testCluster()) });
    const id = randomUUID();
    const [own, foreign] = [await send(caller, 'CreateKey', {}, id), await send(stranger, 'CreateKey', {}, id)];
    expect(keyIdOf(foreign)).not.toBe(keyIdOf(own));
  });

  test('of another operation', async () => {
    const key = await aKey(caller);
    const id = randomUUID();
    expect((await send(caller, 'DisableKey', { KeyId: key.id }, id)).status).toBe(200);
    expect((await send(caller, 'EnableKey', { KeyId: key.id }, id)).status).toBe(200);
    expect((await caller.ok('DescribeKey', { KeyId: key.id })).body['KeyMetadata']).toMatchObject({ KeyState: 'Enabled' });
  });
});
