import { AssumeRoleWithWebIdentityCommand } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { testCluster } from '../fixtures/cluster.ts';
import { connectPostgres } from '../fixtures/postgres.ts';
import { recordOf } from '../fixtures/records.ts';
import {
  asAccount,
  aSessionAccount,
  refusalOf,
  startProvider,
  stsClient,
  trusting,
  type SessionAccount,
  type TestProvider,
} from '../fixtures/sessions.ts';

let own: SessionAccount;
let provider: TestProvider;
let RoleArn: string;
let providerArn: string;
beforeAll(async () => {
  own = await aSessionAccount();
  provider = await startProvider();
  const url = provider.issuer.slice('https://'.length);
  providerArn = `arn:aws:iam::${own.root.accountId}:oidc-provider/${url}`;
  await storeProvider(url);
  const Condition = { StringEquals: { [`${url}:sub`]: 'workload', [`${url}:aud`]: 'trent' } };
  RoleArn = await own.role(trusting({ Federated: providerArn }, 'sts:AssumeRoleWithWebIdentity', { Condition }));
}, 120_000);
afterAll(async () => {
  await provider[Symbol.asyncDispose]();
});

/** IAM takes no URL with a port, as AWS doesn't, and the test's provider has to have one. */
async function storeProvider(url: string): Promise<void> {
  const client = await connectPostgres(testCluster());
  try {
    await client.query('insert into policy.oidc_providers (arn, account_id, url, client_ids, thumbprints) values ($1, $2, $3, $4, $5)', [
      providerArn,
      own.root.accountId,
      url,
      ['trent'],
      [provider.thumbprint],
    ]);
  } finally {
    await client.end();
  }
}

const ask = (WebIdentityToken: string) =>
  stsClient().send(new AssumeRoleWithWebIdentityCommand({ RoleArn, RoleSessionName: 'pod', WebIdentityToken }));
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('AssumeRoleWithWebIdentity', () => {
  test("a provider's token becomes a session of the role, without a signature, and is recorded", async () => {
    const answer = await ask(await provider.token());
    expect(answer).toMatchObject({ SubjectFromWebIdentityToken: 'workload', Audience: 'trent', Provider: providerArn });
    using caller = new Caller({ account: asAccount(own.alice, answer.Credentials) });
    const listed = await caller.ok('ListKeys');
    const root = new Caller({ account: own.root });
    expect((await recordOf(root, 'ListKeys', listed))['userIdentity']).toMatchObject({
      type: 'AssumedRole',
      sessionContext: { webIdFederationData: { federatedProvider: providerArn } },
    });
    expect(await recordOf(root, 'AssumeRoleWithWebIdentity', { requestId: answer.$metadata.requestId! })).toMatchObject({
      userIdentity: { type: 'WebIdentityUser', userName: 'workload', identityProvider: providerArn },
    });
  });

  const past = Math.floor(Date.now() / 1000) - 600;
  test.each<[string, () => Promise<string>, string]>([
    ['for another audience', () => provider.token({ aud: 'other' }), 'InvalidIdentityToken'],
    ['that has expired', () => provider.token({ iat: past, exp: past + 60 }), 'ExpiredTokenException'],
    ['of a provider that the account does not have', () => provider.token({ iss: 'https://other.example' }), 'InvalidIdentityToken'],
    ['by a key that the provider does not have', () => provider.token({}, { kid: 'two' }), 'InvalidIdentityToken'],
    ['for another subject', () => provider.token({ sub: 'other' }), 'AccessDenied'],
    ['without a subject', () => provider.token({ sub: '' }), 'InvalidIdentityToken'],
    ['that is none', () => Promise.resolve('not.a.token'), 'InvalidIdentityToken'],
    [
      'with alg none',
      () =>
        Promise.resolve(
          `${part({ alg: 'none' })}.${part({ iss: provider.issuer, aud: 'trent', sub: 'workload', exp: past + 3600, iat: past })}.`,
        ),
      'InvalidIdentityToken',
    ],
    [
      'with an altered signature',
      async () => {
        const token = await provider.token();
        return `${token.slice(0, -8)}${token.endsWith('AAAAAAAA') ? 'BBBBBBBB' : 'AAAAAAAA'}`;
      },
      'InvalidIdentityToken',
    ],
  ])('a token %s is refused', async (_name, token, code) => {
    const { name } = await refusalOf(ask(await token()));
    expect(name.replace(/Exception$/, '')).toBe(code.replace(/Exception$/, ''));
  });
});
