import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { operatorOf, type AccountAdmin } from '@trent/local-cluster';
import { Caller } from '../fixtures/caller.ts';
import { testCluster } from '../fixtures/cluster.ts';
import { aSessionAccount, trusting, type SessionAccount } from '../fixtures/sessions.ts';

let operator: AccountAdmin;
let own: SessionAccount;
let key: string;
let role: string;
beforeAll(async () => {
  const cluster = testCluster();
  operator = operatorOf(cluster.folder, cluster.settings);
  own = await aSessionAccount();
  using caller = new Caller({ account: own.alice });
  key = ((await caller.ok('CreateKey')).body['KeyMetadata'] as { Arn: string }).Arn;
  const rights = {
    Effect: 'Allow',
    Action: 'kms:Decrypt',
    Resource: '*',
    Condition: { StringEquals: { 'kms:EncryptionContext:tenant': 'blue' } },
  };
  role = await own.role(trusting({ AWS: own.aliceArn }), rights);
}, 120_000);
afterAll(() => operator[Symbol.dispose]());

describe('trent explain', () => {
  test('names the documents that were asked and the statements that decided', async () => {
    const answer = await operator.explain({ principal: own.aliceArn, action: 'kms:Decrypt', key, context: new Map() });
    expect(answer).toMatchObject({ allowed: true, reason: 'allow identity-policy', message: '' });
    expect(answer.documents).toEqual(['key policy', 'identity policy user_alice_all']);
    expect(answer.statements.map(({ document, source, sid }) => [document, source, sid])).toEqual([
      ['resource', '', 'Enable IAM User Permissions'],
      ['identity', 'user_alice_all', ''],
    ]);
  });

  test.each([
    ['without its condition key', new Map<string, string>(), 'implicit-deny identity'],
    ['with another value', new Map([['kms:EncryptionContext:tenant', 'red']]), 'implicit-deny identity'],
    ['with the value asked for', new Map([['kms:EncryptionContext:tenant', 'blue']]), 'allow identity-policy'],
  ])('a conditional right %s', async (_name, context, reason) => {
    expect((await operator.explain({ principal: role, action: 'kms:Decrypt', key, context })).reason).toBe(reason);
  });

  test('tells what the caller would be told', async () => {
    const { message } = await operator.explain({ principal: role, action: 'kms:Encrypt', key, context: new Map() });
    expect(message).toContain(`on resource: ${key} because no identity-based policy allows the kms:Encrypt action`);
  });

  test('a key that is not there is not found', async () => {
    const missing = key.replace(/[^/]+$/, '1234abcd-12ab-34cd-56ef-1234567890ab');
    await expect(operator.explain({ principal: role, action: 'kms:Encrypt', key: missing, context: new Map() })).rejects.toThrow(
      /does not exist/,
    );
  });
});
