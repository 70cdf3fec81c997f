import { describe, expect, test } from '@jest/globals';
import { isErrorCode, isTrentError } from '@trent/errors';
import { Dice } from './mutate.ts';
import { parsers, type Parser } from './parsers.ts';

/** Inputs of all parsers together: few with every `npm test`, a million with `npm run test:fuzz -- --inputs 1000000`. */
const INPUTS = Number(process.env['TRENT_FUZZ_INPUTS'] ?? 40_000);
const SEED = Number(process.env['TRENT_FUZZ_SEED'] ?? Date.now() % 2 ** 31);
/** What parsing may leave behind of a million inputs: caches of compiled patterns, the collector's slack. */
const MOST_GROWTH_BYTES = 256 * 1024 * 1024;

interface Tally {
  taken: number;
  refused: number;
}

/** Feeds one parser; whatever it throws is one of AWS's errors and no defect. */
function feed(parser: Parser, inputs: number): Tally {
  const tally = { taken: 0, refused: 0 };
  for (let at = 0; at < inputs; at++) {
    const seed = SEED + at;
    try {
      parser.feed(new Dice(Math.imul(seed, 2_654_435_761)));
      tally.taken++;
    } catch (error) {
      if (!isDocumented(error, parser)) throw new Error(`${parser.name}, seed ${String(seed)}`, { cause: error });
      tally.refused++;
    }
  }
  return tally;
}

/** What a client is told is never that something is wrong with the service. */
function isDocumented(error: unknown, { isInternal = false }: Parser): boolean {
  return isTrentError(error) && isErrorCode(error.code) && (isInternal || error.code !== 'KMSInternalException');
}

describe('any input gives a value or a documented error', () => {
  const each = Math.ceil(INPUTS / parsers.length);
  test.each(parsers)(
    '$name',
    (parser) => {
      const before = process.memoryUsage().rss;
      const startedAt = performance.now();
      const { taken, refused } = feed(parser, each);
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      process.stdout.write(`fuzz: ${parser.name}: ${each} inputs, ${taken} taken, ${refused} refused, ${seconds} s\n`);
      expect(taken + refused).toBe(each);
      expect(process.memoryUsage().rss - before).toBeLessThan(MOST_GROWTH_BYTES);
    },
    600_000,
  );
});
