import { describe, expect, test } from '@jest/globals';
import { sharedRecords } from './shared-records.ts';

const [OWN, OTHER, THIRD] = ['111122223333', '444455556666', '777788889999'];
const arn = (account: string) => `arn:aws:kms:us-east-1:${account}:key/11111111-1111-4111-8111-${account}`;
const entry = (account: string) => ({ accountId: account, type: 'AWS::KMS::Key', ARN: arn(account) });

function records(accounts: readonly string[]): Record<string, unknown>[] {
  const record = JSON.stringify({
    userIdentity: { type: 'IAMUser', principalId: 'AIDAEXAMPLE', arn: `arn:aws:iam::${OWN}:user/alice`, accountId: OWN, userName: 'alice' },
    eventID: 'own',
    requestID: 'r',
    resources: accounts.map(entry),
    recipientAccountId: OWN,
  });
  let id = 0;
  const made = sharedRecords(record, OWN, accounts.map(arn), () => `e${String(id++)}`);
  return made.map((text) => JSON.parse(text) as Record<string, unknown>);
}

describe('the records of one request', () => {
  test.each([[[]], [[OWN]], [[OWN, OWN]]])('with keys of %j: the caller’s alone, as it was', (accounts) => {
    const made = records(accounts);
    expect(made).toHaveLength(1);
    expect(made[0]).not.toHaveProperty('sharedEventID');
  });

  test('with a key of another account: one in its trail too, which tells little of the caller', () => {
    const [own, other, ...more] = records([OTHER]);
    expect(more).toEqual([]);
    expect(own).toMatchObject({ eventID: 'own', recipientAccountId: OWN, sharedEventID: 'e0', userIdentity: { userName: 'alice' } });
    expect(other).toEqual({
      userIdentity: { type: 'AWSAccount', principalId: 'AIDAEXAMPLE', accountId: OWN },
      eventID: 'e1',
      requestID: 'r',
      resources: [entry(OTHER)],
      recipientAccountId: OTHER,
      sharedEventID: 'e0',
    });
  });

  test('with keys of several accounts: each sees its own', () => {
    const made = records([OTHER, THIRD]);
    expect(made.map(({ recipientAccountId }) => recipientAccountId)).toEqual([OWN, OTHER, THIRD]);
    expect(new Set(made.map(({ sharedEventID }) => sharedEventID)).size).toBe(1);
    expect(new Set(made.map(({ eventID }) => eventID)).size).toBe(3);
    expect(made.slice(1).map(({ resources }) => resources)).toEqual([[entry(OTHER)], [entry(THIRD)]]);
  });
});
