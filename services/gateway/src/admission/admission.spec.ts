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
  return { admission: new Admission(new Concurrency(10), new Quota(counts, () => 0)), sums };
}

describe('who may go on', () => {
  test('quotas are of an account, region and class', async () => {
    const { admission, sums } = anAdmission();
    admission.enter(anAsk());
    admission.charge(anAsk(), anAuthorization());
    await settled();
    expect([...sums.keys()]).toEqual([`${ACCOUNT}:us-east-1:CryptographicOperationsSymmetric:0`]);
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
