import { GetCallerIdentityCommand, GetSessionTokenCommand } from '@aws-sdk/client-sts';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { recordOf } from '../fixtures/records.ts';
import { asAccount, aSessionAccount, refusalOf, stsClient, type SessionAccount } from '../fixtures/sessions.ts';

let own: SessionAccount;
beforeAll(async () => {
  own = await aSessionAccount();
}, 120_000);

describe('GetSessionToken', () => {
  test('makes a session of the user itself, which keeps its rights, and is recorded', async () => {
    const answer = await stsClient(own.alice).send(new GetSessionTokenCommand({ DurationSeconds: 900 }));
    const session = asAccount(own.alice, answer.Credentials);
    expect((await stsClient(session).send(new GetCallerIdentityCommand({}))).Arn).toBe(own.aliceArn);
    using caller = new Caller({ account: session });
    const listed = await caller.ok('ListKeys');
    expect((await recordOf(new Caller({ account: own.root }), 'ListKeys', listed))['userIdentity']).toMatchObject({
      type: 'IAMUser',
      userName: 'alice',
      sessionContext: { attributes: { mfaAuthenticated: 'false' } },
    });
  });

  test('is not for sessions', async () => {
    const session = asAccount(own.alice, (await stsClient(own.alice).send(new GetSessionTokenCommand({}))).Credentials);
    expect(await refusalOf(stsClient(session).send(new GetSessionTokenCommand({})))).toEqual({
      name: 'AccessDenied',
      message: 'Cannot call GetSessionToken with session credentials',
    });
  });

  test.each([
    [{ SerialNumber: 'arn:aws:iam::111122223333:mfa/none' }, 'must provide both MFA serial number and one time pass code'],
    [{ SerialNumber: 'arn:aws:iam::111122223333:mfa/none', TokenCode: '123456' }, 'unable to validate MFA code'],
  ])('a device that is not the caller’s is refused, case %#', async (input, message) => {
    const refusal = await refusalOf(stsClient(own.alice).send(new GetSessionTokenCommand(input)));
    expect([refusal.name, refusal.message]).toEqual(['AccessDenied', expect.stringContaining(message)]);
  });
});
