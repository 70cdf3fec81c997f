import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { question } from './generators.ts';
import { decideNaively } from './oracle.ts';
import { decideByProduct } from './product.ts';

/** `npm run test:policy` asks 250,000. */
const QUESTIONS = Number(process.env['TRENT_POLICY_QUESTIONS'] ?? 4_000);
/** Shares of allowed and denied questions below which the generators have gone astray. */
const LEAST_SHARE = 0.2;

test(`two evaluators say the same to ${String(QUESTIONS)} random questions`, () => {
  const mix = { allow: 0, 'explicit deny': 0, 'implicit deny': 0 };
  fc.assert(
    fc.property(question, (asked) => {
      const verdict = decideNaively(asked);
      mix[verdict] += 1;
      const own = decideByProduct(asked);
      if (own !== verdict) throw new Error(`the product says ${own}, the guides ${verdict}`);
    }),
    { numRuns: QUESTIONS },
  );
  const shares = Object.entries(mix).map(([verdict, count]) => `${verdict} ${((100 * count) / QUESTIONS).toFixed(1)} %`);
  process.stdout.write(`policy oracle: ${String(QUESTIONS)} questions, no disagreement: ${shares.join(', ')}\n`);
  expect(mix.allow).toBeGreaterThan(QUESTIONS * LEAST_SHARE);
  expect(mix['explicit deny'] + mix['implicit deny']).toBeGreaterThan(QUESTIONS * LEAST_SHARE);
  expect(mix['explicit deny']).toBeGreaterThan(0);
}, 1_800_000);
