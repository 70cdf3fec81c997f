import { GetUserCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import { AssumeRoleCommand, DecodeAuthorizationMessageCommand } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { anotherAccount, testCluster } from '../fixtures/cluster.ts';
import { aUser, callerOf, freshName, iamClient, policyDocument, refused, type TestUser } from '../fixtures/iam.ts';
import { aKey } from '../fixtures/keys.ts';
import { recordOf } from '../fixtures/records.ts';
import { refusalOf, stsClient } from '../fixtures/sessions.ts';

const root = new Caller();
const iam = iamClient();
afterAll(() => {
  iam.destroy();
  root[Symbol.dispose]();
});

/** What the decoded text holds, as far as tests look at it. */
interface Decoded {
  readonly allowed: boolean;
  readonly explicitDeny: boolean;
  readonly matchedStatements: { readonly items: readonly object[] };
  readonly context: {
    readonly conditions: {
      readonly items: readonly { readonly key: string; readonly values: { readonly items: readonly { readonly value: string }[] } }[];
    };
  };
}

async function encodedIn(eventName: string, requestId: string): Promise<string> {
  const { additionalEventData } = await recordOf(root, eventName, { requestId });
  return (additionalEventData as { encodedAuthorizationMessage: string }).encodedAuthorizationMessage;
}

async function decode(EncodedMessage: string, account = root.account): Promise<Decoded> {
  const { DecodedMessage } = await stsClient(account).send(new DecodeAuthorizationMessageCommand({ EncodedMessage }));
  return JSON.parse(DecodedMessage ?? '') as Decoded;
}

describe('DecodeAuthorizationMessage', () => {
  let bob: TestUser;
  let key: string;
  let encoded: string;
  let answered: string;
  beforeAll(async () => {
    bob = await aUser(iam, root.account);
    key = (await aKey(root)).arn;
    using caller = callerOf(bob);
    const denied = await caller.kms('Encrypt', { KeyId: key, Plaintext: 'AAAA', EncryptionContext: { tenant: 'blue' } });
    expect(denied.error).toBe('AccessDeniedException');
    answered = denied.http.text;
    encoded = await encodedIn('Encrypt', denied.requestId);
  }, 120_000);

  test('tells who asked for what in which circumstances, and that nothing allowed it', async () => {
    const decoded = await decode(encoded);
    expect(decoded).toMatchObject({
      allowed: false,
      explicitDeny: false,
      matchedStatements: { items: [] },
      failures: { items: [{ missing: 'identity' }] },
      context: { principal: { id: bob.id, name: bob.name, arn: bob.arn }, action: 'kms:Encrypt', resource: key },
    });
    const conditions = new Map(decoded.context.conditions.items.map((one) => [one.key, one.values.items.map(({ value }) => value)]));
    expect(conditions.get('kms:EncryptionContext:tenant')).toEqual(['blue']);
    expect(conditions.get('aws:PrincipalArn')).toEqual([bob.arn]);
    expect(conditions.get('kms:KeySpec')).toEqual(['SYMMETRIC_DEFAULT']);
  });

  test('the answer of the denied request has nothing of it, as that of AWS KMS', () => {
    expect(answered).not.toContain(encoded.slice(0, 24));
    expect(Object.keys(JSON.parse(answered) as object).sort()).toEqual(['__type', 'message']);
  });

  test('names the statement that denies', async () => {
    const PolicyDocument = JSON.stringify({
      Version: '2012-10-17',
      Statement: { Sid: 'NotHere', Effect: 'Deny', Action: 'kms:*', Resource: '*' },
    });
    await iam.send(new PutUserPolicyCommand({ UserName: bob.name, PolicyName: 'no', PolicyDocument }));
    using caller = callerOf(bob);
    const denied = await caller.kms('DescribeKey', { KeyId: key });
    expect(await decode(await encodedIn('DescribeKey', denied.requestId))).toMatchObject({
      explicitDeny: true,
      matchedStatements: { items: [{ statementId: 'NotHere', effect: 'DENY', policyType: 'identity', policy: `user_${bob.name}_no` }] },
    });
  });

  test('there is none about a key of another account', async () => {
    using stranger = new Caller({ account: await anotherAccount(testCluster()) });
    const denied = await stranger.kms('Encrypt', { KeyId: key, Plaintext: 'AAAA' });
    expect(denied.error).toBe('AccessDeniedException');
    expect((await recordOf(stranger, 'Encrypt', denied))['additionalEventData']).toBeUndefined();
  });

  test('is there for denials of IAM and STS too', async () => {
    const own = iamClient({ account: bob.account });
    const send = async (call: Promise<unknown>): Promise<string> => {
      try {
        await call;
        return '';
      } catch (error) {
        return (error as { $metadata: { requestId: string } }).$metadata.requestId;
      }
    };
    const ofIam = await send(own.send(new GetUserCommand({ UserName: bob.name })));
    expect(await decode(await encodedIn('GetUser', ofIam))).toMatchObject({ context: { action: 'iam:GetUser', resource: bob.arn } });
    const RoleArn = `arn:aws:iam::${root.account.accountId}:role/${freshName('role')}`;
    expect((await refused(stsClient(bob.account).send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'e2e' })))).name).toBe(
      'AccessDenied',
    );
    own.destroy();
  });

  test.each<[string, () => string]>([
    ['a text that is none', () => 'not a message'],
    ['a message cut short', () => encoded.slice(0, -4)],
    ['a message with a letter changed', () => `${encoded.slice(0, 60)}${encoded[60] === 'A' ? 'B' : 'A'}${encoded.slice(61)}`],
    ['a session token', () => Buffer.alloc(100, 1).toString('base64url')],
  ])('%s is refused', async (_name, message) => {
    expect(await refusalOf(decode(message()))).toMatchObject({
      name: 'InvalidAuthorizationMessageException',
      message: 'Message is not valid',
    });
  });

  test('is refused to another account, and to whom may not decode', async () => {
    const other = await anotherAccount(testCluster());
    expect((await refusalOf(decode(encoded, other))).name).toBe('InvalidAuthorizationMessageException');
    const eve = await aUser(iam, root.account);
    expect(await refusalOf(decode(encoded, eve.account))).toMatchObject({
      name: 'AccessDenied',
      message: expect.stringContaining('sts:DecodeAuthorizationMessage'),
    });
    await iam.send(
      new PutUserPolicyCommand({
        UserName: eve.name,
        PolicyName: 'may',
        PolicyDocument: policyDocument('Allow', 'sts:DecodeAuthorizationMessage'),
      }),
    );
    expect((await decode(encoded, eve.account)).allowed).toBe(false);
  });
});
