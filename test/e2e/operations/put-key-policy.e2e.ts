import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, type TestKey } from '../fixtures/keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

const caller = new Caller();
let key: TestKey;
beforeAll(async () => {
  key = await aKey(caller);
});
afterAll(() => caller[Symbol.dispose]());

interface Statement {
  readonly Action: string | readonly string[];
  readonly Effect?: string;
  readonly Principal?: unknown;
}
const root = (): string => `arn:aws:iam::${caller.account.accountId}:root`;
const policy = (...statements: Statement[]): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: statements.map((one) => ({ Effect: 'Allow', Principal: { AWS: root() }, Resource: '*', ...one })),
  });
const all = (): Statement => ({ Action: 'kms:*' });
const noEncrypt = (): string => policy(all(), { Effect: 'Deny', Action: 'kms:Encrypt' });
const longer = (bytes: number): string => noEncrypt().padEnd(bytes, ' ');

describe('PutKeyPolicy', () => {
  test('replaces the policy, which is obeyed by the next request and given back as it was written', async () => {
    const own = await aKey(caller);
    const Policy = `\n${noEncrypt()}\n`;
    await caller.ok('Encrypt', { KeyId: own.id, Plaintext: 'AA==' });
    const answer = await caller.ok('PutKeyPolicy', { KeyId: own.id, Policy });
    expect(answer.http.text).toBe('');
    expect(await caller.kms('Encrypt', { KeyId: own.id, Plaintext: 'AA==' })).toMatchObject({
      error: 'AccessDeniedException',
      message: `User: ${root()} is not authorized to perform: kms:Encrypt on resource: ${own.arn} with an explicit deny in a resource-based policy`,
    });
    expect((await caller.ok('GetKeyPolicy', { KeyId: own.id })).body).toEqual({ Policy, PolicyName: 'default' });
    await expectRecord(caller, 'PutKeyPolicy', answer, {
      readOnly: false,
      resources: [own.arn],
      requestParameters: { keyId: own.id, policy: Policy },
      responseElements: { keyId: own.arn },
    });
    await caller.ok('PutKeyPolicy', { KeyId: own.id, PolicyName: 'default', Policy: policy(all()) });
    await caller.ok('Encrypt', { KeyId: own.id, Plaintext: 'AA==' });
  });

  test('works on a key that is pending deletion', async () => {
    const own = await aKey(caller, { state: 'PendingDeletion' });
    await caller.ok('PutKeyPolicy', { KeyId: own.id, Policy: policy(all()) });
  });

  test('a policy may be 32,768 bytes long', async () => {
    await caller.ok('PutKeyPolicy', { KeyId: key.id, Policy: longer(32_768) });
  });

  test('whoever says so may lock everybody out', async () => {
    const own = await aKey(caller);
    const Policy = policy({ Action: 'kms:GetKeyPolicy' });
    await caller.ok('PutKeyPolicy', { KeyId: own.id, Policy, BypassPolicyLockoutSafetyCheck: true });
    expect((await caller.kms('PutKeyPolicy', { KeyId: own.id, Policy: policy(all()) })).error).toBe('AccessDeniedException');
    expect((await caller.ok('GetKeyPolicy', { KeyId: own.id })).body['Policy']).toBe(Policy);
  });

  const lockedOut = 'The new key policy will not allow you to update the key policy in the future.';
  testRefusals('PutKeyPolicy', false, () => caller, [
    ...keyRefusals({ caller: () => caller, action: 'PutKeyPolicy', more: () => ({ Policy: noEncrypt() }), aliases: false, key: () => key }),
    {
      name: 'a policy of more than 32,768 bytes exceeds the limit',
      input: () => ({ KeyId: key.id, Policy: longer(32_769) }),
      error: 'LimitExceededException',
      message: 'Policy document must not exceed 32768 bytes.',
    },
    {
      name: 'a policy that is no JSON is malformed',
      input: () => ({ KeyId: key.id, Policy: '{' }),
      error: 'MalformedPolicyDocumentException',
      message: /^This policy contains invalid Json/,
    },
    {
      name: 'a principal that can not be is malformed',
      input: () => ({ KeyId: key.id, Policy: policy(all(), { Action: 'kms:Encrypt', Principal: { AWS: 'nobody' } }) }),
      error: 'MalformedPolicyDocumentException',
      message: 'Policy contains a statement with one or more invalid principals.',
    },
    {
      name: 'a principal that does not exist is malformed',
      input: () => ({
        KeyId: key.id,
        Policy: policy(all(), { Action: 'kms:Encrypt', Principal: { AWS: `${root().replace(':root', '')}:user/nobody` } }),
      }),
      error: 'MalformedPolicyDocumentException',
      message: 'Policy contains a statement with one or more invalid principals.',
    },
    {
      name: 'a policy that leaves its maker out is malformed',
      input: () => ({ KeyId: key.id, Policy: policy({ Action: ['kms:Encrypt', 'kms:GetKeyPolicy'] }) }),
      error: 'MalformedPolicyDocumentException',
      message: lockedOut,
    },
    {
      name: 'so is one that denies its maker the next change',
      input: () => ({ KeyId: key.id, Policy: policy(all(), { Effect: 'Deny', Action: 'kms:Put*' }) }),
      error: 'MalformedPolicyDocumentException',
      message: lockedOut,
    },
    {
      name: 'a policy of another name does not exist',
      input: () => ({ KeyId: key.id, PolicyName: 'other', Policy: noEncrypt() }),
      error: 'NotFoundException',
      message: 'No such policy exists',
    },
    {
      name: "RAM's policy is RAM's",
      input: () => ({ KeyId: key.id, PolicyName: 'AWS_RAM', Policy: noEncrypt() }),
      error: 'ValidationException',
      message: 'The AWS_RAM policy can only be managed by the RAM service',
    },
    {
      name: 'a missing policy is invalid',
      input: () => ({ KeyId: key.id }),
      error: 'ValidationException',
      message: "1 validation error detected: Value null at 'policy' failed to satisfy constraint: Member must not be null",
    },
  ]);
});
