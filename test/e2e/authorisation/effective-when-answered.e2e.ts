import { DeleteUserPolicyCommand, PutUserPolicyCommand, UpdateAccessKeyCommand } from '@aws-sdk/client-iam';
import { describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { anotherAccount, testCluster } from '../fixtures/cluster.ts';
import { aUser, callerOf, iamClient, policyDocument } from '../fixtures/iam.ts';
import { recordOf } from '../fixtures/records.ts';

/** P7 in small; the chaos suite asks a thousand times, in three zones. */
const TIMES = 50;

/** A user who may use any key of a fresh account, and a key. */
async function aKeyUser() {
  const owner = await anotherAccount(testCluster());
  const iam = iamClient({ account: owner });
  const user = await aUser(iam, owner);
  const PolicyDocument = policyDocument('Allow', 'kms:*');
  await iam.send(new PutUserPolicyCommand({ UserName: user.name, PolicyName: 'all', PolicyDocument }));
  const caller = callerOf(user);
  const key = ((await caller.ok('CreateKey')).body['KeyMetadata'] as { Arn: string }).Arn;
  const encrypt = () => caller.kms('Encrypt', { KeyId: key, Plaintext: 'AAAA' });
  expect((await encrypt()).status).toBe(200);
  return { owner, iam, user, key, encrypt };
}

const many = (ask: () => ReturnType<Caller['kms']>) => Promise.all(Array.from({ length: TIMES }, ask));

describe('what was taken away is refused from the answer on', () => {
  test('a policy that was removed', async () => {
    const { owner, iam, user, key, encrypt } = await aKeyUser();
    await iam.send(new DeleteUserPolicyCommand({ UserName: user.name, PolicyName: 'all' }));
    const answers = await many(encrypt);
    const why = `User: ${user.arn} is not authorized to perform: kms:Encrypt on resource: ${key} because no identity-based policy allows the kms:Encrypt action`;
    for (const { error, message } of answers) expect([error, message]).toEqual(['AccessDeniedException', why]);
    const record = await recordOf(new Caller({ account: owner }), 'Encrypt', answers[0]!);
    expect(record).toMatchObject({
      errorCode: 'AccessDenied',
      errorMessage: why,
      userIdentity: { type: 'IAMUser', arn: user.arn, userName: user.name },
      resources: [{ ARN: key }],
    });
  });

  test('an access key that was deactivated', async () => {
    const { iam, user, encrypt } = await aKeyUser();
    await iam.send(new UpdateAccessKeyCommand({ UserName: user.name, AccessKeyId: user.account.accessKeyId, Status: 'Inactive' }));
    for (const { error } of await many(encrypt)) expect(error).toBe('UnrecognizedClientException');
  });

  test('the account in a key policy', async () => {
    const { owner, user, key, encrypt } = await aKeyUser();
    using root = new Caller({ account: owner });
    const Statement = {
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${owner.accountId}:root` },
      Action: ['kms:Put*', 'kms:Get*'],
      Resource: '*',
    };
    await root.ok('PutKeyPolicy', { KeyId: key, Policy: JSON.stringify({ Version: '2012-10-17', Statement }) });
    for (const { error, message } of await many(encrypt)) {
      expect(error).toBe('AccessDeniedException');
      expect(message).toBe(
        `User: ${user.arn} is not authorized to perform: kms:Encrypt on resource: ${key} because no resource-based policy allows the kms:Encrypt action`,
      );
    }
  });
});
