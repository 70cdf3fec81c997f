import { describe, expect, test } from '@jest/globals';
import { expectedSightings, watchEffect } from '../effects/effect.ts';
import { identityEffects } from '../effects/identity-effects.ts';
import { keyEffects } from '../effects/key-effects.ts';

/** P7 in small; the chaos suite does it a thousand times, under load, in three zones. */
const TIMES = 6;
const ACCOUNTS = 2;

describe('every gateway obeys a change from its answer on', () => {
  test.each([...keyEffects, ...identityEffects])('$name', async (row) => {
    const { looks, seen } = await watchEffect(row, TIMES, ACCOUNTS);
    expect(seen).toEqual(expectedSightings(row, looks));
  });
});
