import { describe, expect, test } from '@jest/globals';
import { SecretBytes } from '@trent/secret-bytes';
import { cardOf, createOperator } from './operator.ts';
import { joinShares, openShare, sealShare, splitKek } from './shares.ts';

const kek = SecretBytes.copyOf(Buffer.alloc(32, 7));

describe('shares', () => {
  test.each([
    [2, 2],
    [2, 3],
    [3, 5],
  ])('any %i of %i give the KEK back', async (threshold, count) => {
    const shares = await splitKek(kek, count, threshold);
    expect(shares).toHaveLength(count);
    for (let start = 0; start < count; start += 1) {
      const some = Array.from({ length: threshold }, (_, index) => shares[(start + index) % count] ?? kek);
      expect((await joinShares(some, threshold)).equals(kek)).toBe(true);
    }
  });

  test('too few of them give something else or an error', async () => {
    const shares = await splitKek(kek, 3, 3);
    expect((await joinShares(shares.slice(0, 2), 2)).equals(kek)).toBe(false);
    await expect(joinShares(shares.slice(0, 1), 3)).rejects.toThrow(expect.objectContaining({ reason: 'altered-package' }));
  });

  test('of a threshold of one are the KEK', async () => {
    for (const share of await splitKek(kek, 2, 1)) expect((await joinShares([share], 1)).equals(kek)).toBe(true);
  });

  test('open for their recipient alone', async () => {
    const [anna, bert] = [await createOperator('anna'), await createOperator('bert')];
    const sealed = await sealShare(kek, (await cardOf(anna)).recipient);
    expect((await openShare(sealed, anna.ageIdentity)).equals(kek)).toBe(true);
    await expect(openShare(sealed, bert.ageIdentity)).rejects.toThrow(expect.objectContaining({ reason: 'malformed' }));
    await expect(openShare('', anna.ageIdentity)).rejects.toThrow(expect.objectContaining({ reason: 'malformed' }));
  });
});
