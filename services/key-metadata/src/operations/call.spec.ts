import { describe, expect, test } from '@jest/globals';
import { keptAnswer, readKeptAnswer } from './call.ts';

const first = '5c9d1e1a-0000-4000-8000-000000000001';

describe('the answer that is kept for repeats', () => {
  const kept = keptAnswer(first, Buffer.from('answer'));

  test('is recorded for the request it was made for, also when the road sends it twice', () => {
    expect(readKeptAnswer(kept, first)).toEqual({ output: Buffer.from('answer'), recorded: true });
  });

  test('is not recorded for a later request that repeats it, so that the gateway records that one', () => {
    expect(readKeptAnswer(kept, '5c9d1e1a-0000-4000-8000-000000000002')).toEqual({ output: Buffer.from('answer'), recorded: false });
  });

  test('may be empty', () => {
    expect(readKeptAnswer(keptAnswer(first, Buffer.alloc(0)), first)).toEqual({ output: Buffer.alloc(0), recorded: true });
  });
});
