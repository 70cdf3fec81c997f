/** Random numbers that a seed brings back (xorshift32), so that a failure is repeated by its seed. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0 || 1;
  }

  /** An integer from 0 to below `limit`. */
  below(limit: number): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return limit <= 0 ? 0 : (state >>> 0) % limit;
  }

  oneOf<T>(list: readonly [T, ...T[]]): T {
    return list[this.below(list.length)] ?? list[0];
  }
}

/** Texts that parsers stumble over: nesting, numbers past their range, repeats, look-alikes, what ends strings elsewhere. */
const SPLINTERS = [
  '{',
  '[',
  '"',
  '\\',
  '\\u0000',
  '\ud800',
  '0',
  '-1',
  '1e999',
  '9007199254740993',
  'null',
  'true',
  '__proto__',
  ':',
  '*',
  '**'.repeat(40),
  '?',
  '$',
  '${aws:username}',
  '%00',
  '%zz',
  '&',
  '=',
  ',',
  '/',
  'arn:aws:kms:',
  'alias/',
  'ａｒｎ',
  '\u202e',
  '[[[['.repeat(50),
  '{"a":'.repeat(50),
] as const satisfies readonly [string, ...string[]];

/** A neighbour of good bytes: cut, flipped, doubled, spliced with a splinter; now and then no neighbour of anything. */
export function mutateBytes(dice: Dice, good: Buffer): Buffer {
  if (dice.below(50) === 0) return Buffer.from(Array.from({ length: dice.below(300) }, () => dice.below(256)));
  let bytes = good;
  for (let times = 1 + dice.below(3); times > 0; times--) bytes = mutateOnce(dice, bytes);
  return bytes;
}

function mutateOnce(dice: Dice, bytes: Buffer): Buffer {
  const at = dice.below(bytes.length + 1);
  switch (dice.below(6)) {
    case 0:
      return bytes.subarray(0, at);
    case 1: {
      const copy = Buffer.from(bytes);
      if (copy.length > 0) copy[at % copy.length] = dice.below(256);
      return copy;
    }
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(dice.below(bytes.length + 1))]);
    case 3:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from(dice.oneOf(SPLINTERS)), bytes.subarray(at)]);
    case 4:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from(dice.oneOf(SPLINTERS)), bytes.subarray(at + dice.below(20))]);
    default: {
      const copy = Buffer.from(bytes);
      if (copy.length > 0) copy[at % copy.length] = (copy[at % copy.length] ?? 0) ^ (1 << dice.below(8));
      return copy;
    }
  }
}

/** The same for a text. */
export function mutateText(dice: Dice, good: string): string {
  return mutateBytes(dice, Buffer.from(good)).toString('utf8');
}
