import { describe, expect, test } from '@jest/globals';
import { ACCOUNT, anAsk, anAuthorization, planOf } from '../road.fixture.ts';
import { Admission } from './admission.ts';
import { Concurrency } from './concurrency.ts';
import { Quota } from './quota.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

function anAdmission() {
  const sums = new Map<string, number>();
  const counts = {
    add: (name: string, amount: number) => {
      sums.set(name, (sums.get(name) ?? 0) + amount);
      return Promise.resolve(sums.get(name) ?? 0);
    },
    sharers: () => 1,
  };
  return { admission: new Admission(new Concurrency(10), new Quota(counts, () => 0), ['us-east-1', 'eu-west-1']), sums };
}

describe('who may go on', () => {
  test('quotas are of an account, region and class', async () => {
    const { admission, sums } = anAdmission();
    admission.enter(anAsk());
    admission.charge(anAsk(), anAuthorization());
    await settled();
    expect([...sums.keys()]).toEqual([`${ACCOUNT}:us-east-1:CryptographicOperationsSymmetric:0`]);
  });

  test.each([
    ['ReplicateKey', { replicaRegion: 'eu-west-1' }, { 'us-east-1:ReplicateKey': 1, 'eu-west-1:CreateKey': 2 }],
    ['UpdatePrimaryRegion', { primaryRegion: 'eu-west-1' }, { 'us-east-1:UpdatePrimaryRegion': 1, 'eu-west-1:UpdatePrimaryRegion': 1 }],
    ['ReplicateKey', { replicaRegion: 'ap-south-1' }, { 'us-east-1:ReplicateKey': 1 }],
  ])('%s counts in the other Region too, where it is served', async (rpc, message, expected) => {
    const { admission, sums } = anAdmission();
    const ask = anAsk({ plan: planOf(`kms.${rpc}`), message });
    admission.enter(ask);
    expect(admission.charge(ask, anAuthorization())).toBe(true);
    await settled();
    expect(Object.fromEntries(sums)).toEqual(
      Object.fromEntries(Object.entries(expected).map(([name, count]) => [`${ACCOUNT}:${name}:0`, count])),
    );
  });

  test('a caller whose account has spent its second is turned away before policy is asked', async () => {
    const { admission } = anAdmission();
    const poor = anAuthorization({ quotaPerSecond: 1 });
    admission.enter(anAsk());
    expect(admission.charge(anAsk(), poor)).toBe(true);
    admission.leave(ACCOUNT);
    await settled();
    expect(() => admission.enter(anAsk())).toThrow(
      expect.objectContaining({ code: 'ThrottlingException', message: expect.stringContaining('KMS') as unknown }),
    );
    const other = anAsk({ caller: { $case: 'certificate', value: 'spiffe://trent/account/999999999999/root' } });
    expect(() => admission.enter(other)).not.toThrow();
    const otherClass = anAsk({ plan: planOf('sts.GetCallerIdentity') });
    expect(() => admission.enter(otherClass)).not.toThrow();
  });

  test('an unauthenticated caller spends nobody’s quota', async () => {
    const { admission, sums } = anAdmission();
    admission.enter(anAsk());
    admission.leave('');
    await settled();
    expect(sums.size).toBe(0);
  });
});
