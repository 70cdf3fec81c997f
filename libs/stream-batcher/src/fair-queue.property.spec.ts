import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FairQueue } from './fair-queue.ts';

const step = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('a', 'b', 'c').map((account) => ({ kind: 'push' as const, account })) },
  { weight: 4, arbitrary: fc.constant({ kind: 'shift' as const, account: '' }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'drop' as const, account: '' }) },
  { weight: 1, arbitrary: fc.constantFrom('a', 'b', 'c').map((account) => ({ kind: 'empty' as const, account })) },
);

interface Entry {
  readonly account: string;
  readonly number: number;
}

test('whatever happens, each account keeps its order, none is passed over twice, and nothing is lost or made up', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 800 }), (steps) => {
      const queue = new FairQueue<Entry>();
      const model = new Map<string, Entry[]>();
      const passedOver = new Map<string, number>();
      steps.forEach(({ kind, account }, number) => {
        const own = model.get(account) ?? [];
        if (kind === 'push') {
          model.set(account, [...own, { account, number }]);
          queue.push(account, { account, number });
        } else if (kind === 'shift') {
          const taken = queue.shift();
          if (taken === undefined) expect([...model.values()].flat()).toEqual([]);
          else expect(model.get(taken.account)!.shift()).toEqual(taken);
          for (const [name, { length }] of model)
            passedOver.set(name, length === 0 || name === taken?.account ? 0 : (passedOver.get(name) ?? 0) + 1);
          // Three accounts: at most both others come between.
          expect(Math.max(0, ...passedOver.values())).toBeLessThanOrEqual(2);
        } else if (kind === 'drop') {
          const most = Math.max(0, ...[...model.values()].map(({ length }) => length));
          const dropped = queue.dropFromLongest();
          if (dropped === undefined) expect(most).toBe(0);
          else expect([model.get(dropped.account)!.length, model.get(dropped.account)!.pop()]).toEqual([most, dropped]);
        } else {
          model.set(account, []);
          passedOver.set(account, 0);
          queue.filter((entry) => entry.account !== account);
        }
        expect(queue.length).toBe([...model.values()].flat().length);
      });
    }),
  );
});

test('the lines of accounts that have nothing waiting are forgotten', () => {
  const queue = new FairQueue<number>();
  for (let number = 0; number < 5_000; number++) {
    queue.push(`account ${String(number)}`, number);
    expect(queue.shift()).toBe(number);
  }
  expect(queue.length).toBe(0);
});
