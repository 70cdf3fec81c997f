import { beforeAll, describe, expect, test } from '@jest/globals';
import { operatorOf } from '@trent/local-cluster';
import { Caller } from '../fixtures/caller.ts';
import { testCluster, type TestAccount } from '../fixtures/cluster.ts';
import { connectNative } from '../fixtures/native.ts';
import { recordOf } from '../fixtures/records.ts';
import { asAccount, aSessionAccount, assume, trusting, type SessionAccount } from '../fixtures/sessions.ts';
import { requestIdOf } from '@trent/client';

let own: SessionAccount;
let role: string;
beforeAll(async () => {
  own = await aSessionAccount();
  role = await own.role(trusting({ AWS: own.aliceArn }));
}, 120_000);

/** Lists keys natively. @returns who the trail says called */
async function identityOf(account: TestAccount): Promise<unknown> {
  using trent = connectNative({ account });
  const answer = await trent.listKeys({});
  const record = await recordOf(new Caller({ account: own.root }), 'ListKeys', { requestId: requestIdOf(answer) ?? '' });
  return record['userIdentity'];
}

describe('callers of the native API', () => {
  test('a session token as bearer is the session, whatever the certificate', async () => {
    const { Credentials } = await assume(own.alice, { RoleArn: role });
    const session = asAccount(own.root, Credentials);
    expect(await identityOf(session)).toMatchObject({
      type: 'AssumedRole',
      accessKeyId: session.accessKeyId,
      sessionContext: { sessionIssuer: { type: 'Role', arn: role } },
    });
  });

  test('a certificate that is mapped to a role acts as a session of it', async () => {
    const cluster = testCluster();
    using operator = operatorOf(cluster.folder, cluster.settings);
    const { accountId } = own.root;
    await operator.mapCertificate(accountId, `spiffe://trent/account/${accountId}/root`, role);
    expect(await identityOf(own.root)).toMatchObject({
      type: 'AssumedRole',
      arn: `arn:aws:sts::${accountId}:assumed-role/${role.slice(role.lastIndexOf('/') + 1)}/trent-account-${accountId}-root`,
      sessionContext: { sessionIssuer: { type: 'Role', arn: role } },
    });
  });

  test.each(['garbage', 'AAAA'])('%s as a bearer token authenticates nobody', async (sessionToken) => {
    using trent = connectNative({ account: { ...own.root, sessionToken } });
    await expect(trent.listKeys({})).rejects.toMatchObject({ code: 'UnrecognizedClientException' });
  });
});
