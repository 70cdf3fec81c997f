import { GetAccessKeyInfoCommand } from '@aws-sdk/client-sts';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { asAccount, aSessionAccount, assume, refusalOf, stsClient, trusting, type SessionAccount } from '../fixtures/sessions.ts';

let own: SessionAccount;
beforeAll(async () => {
  own = await aSessionAccount();
}, 120_000);

const ask = (AccessKeyId: string) => stsClient(own.root).send(new GetAccessKeyInfoCommand({ AccessKeyId }));

describe('GetAccessKeyInfo', () => {
  test('tells the account of a long-term key and of temporary credentials', async () => {
    const RoleArn = await own.role(trusting({ AWS: own.aliceArn }));
    const session = asAccount(own.alice, (await assume(own.alice, { RoleArn })).Credentials);
    for (const { accessKeyId } of [own.root, own.alice, session]) expect((await ask(accessKeyId)).Account).toBe(own.root.accountId);
  });

  test('of a key that never was there is nothing to tell', async () => {
    expect((await refusalOf(ask('AKIAAAAAAAAAAAAAAAAA'))).name).toMatch(/^ValidationError/);
  });
});
