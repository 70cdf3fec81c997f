import {
  CreateAccountAliasCommand,
  DeleteAccountAliasCommand,
  GetAccountPasswordPolicyCommand,
  GetAccountSummaryCommand,
  ListAccountAliasesCommand,
} from '@aws-sdk/client-iam';
import { afterAll, describe, expect, test } from '@jest/globals';
import { firstAccount, testCluster } from '../../fixtures/cluster.ts';
import { expectRefusal, freshName, iamClient } from '../../fixtures/iam.ts';

const { accountId } = firstAccount(testCluster());
const iam = iamClient();
afterAll(() => iam.destroy());

describe("what is the account's own", () => {
  test('an alias is given, replaced and taken away', async () => {
    const [first, second] = [freshName('alias'), freshName('alias')];
    await iam.send(new CreateAccountAliasCommand({ AccountAlias: first }));
    await iam.send(new CreateAccountAliasCommand({ AccountAlias: second }));
    expect(await iam.send(new ListAccountAliasesCommand({}))).toMatchObject({ AccountAliases: [second], IsTruncated: false });
    await expectRefusal(iam.send(new DeleteAccountAliasCommand({ AccountAlias: first })), 'NoSuchEntityException', 404);
    await iam.send(new DeleteAccountAliasCommand({ AccountAlias: second }));
    expect((await iam.send(new ListAccountAliasesCommand({}))).AccountAliases).toEqual([]);
  });

  test('the summary counts what there is and tells the quotas', async () => {
    const { SummaryMap } = await iam.send(new GetAccountSummaryCommand({}));
    expect(SummaryMap).toMatchObject({ AccessKeysPerUserQuota: 2, VersionsPerPolicyQuota: 5, Users: expect.any(Number) });
    expect(SummaryMap?.['AccountAccessKeysPresent']).toBeGreaterThan(0);
  });

  test('there is no password policy', async () => {
    const message = `The Password Policy with domain name ${accountId} cannot be found.`;
    await expectRefusal(iam.send(new GetAccountPasswordPolicyCommand({})), 'NoSuchEntityException', 404, message);
  });
});
