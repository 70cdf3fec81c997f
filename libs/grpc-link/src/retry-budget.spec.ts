import { expect, test } from '@jest/globals';
import { RetryBudget } from './retry-budget.ts';

function spendAll(budget: RetryBudget): number {
  let spent = 0;
  while (budget.spend()) spent++;
  return spent;
}

test('a budget is a tenth of the calls', () => {
  const budget = new RetryBudget();
  spendAll(budget);
  for (let call = 0; call < 1005; call++) budget.earn();
  expect(budget.left).toBe(100);
  expect(spendAll(budget)).toBe(100);
});

test('a budget saves up no more than one endpoint can have in flight', () => {
  const budget = new RetryBudget();
  for (let call = 0; call < 1_000_000; call++) budget.earn();
  expect(spendAll(budget)).toBe(512);
});

test('a quiet link may retry at once', () => {
  expect(new RetryBudget().spend()).toBe(true);
});
