import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { suites } from './cases/suites.ts';
import type { TokenPlace } from '../src/pool/open-token.ts';
import { joinedToken, runInToken, type JoinedToken } from './joined-token.ts';

const folder = mkdtempSync(join(tmpdir(), 'trent-worker-'));
let token: JoinedToken;

beforeAll(async () => {
  token = await joinedToken(folder);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a token', () => {
  const refusalOf = (place: Partial<TokenPlace>) =>
    runInToken(join(import.meta.dirname, 'support/try-open.ts'), { ...token, place: { ...token.place, ...place } });

  test.each([
    ['its region and group', {}, null],
    ['its region, in no group', { group: undefined }, null],
    ['another region', { region: 'ap-south-1' }, 'token worker has not joined the root set of ap-south-1'],
    ['another group', { group: 'mars' }, 'token worker has not joined the root set of mars'],
  ])('is opened for %s only if it has joined', async (_what, place, expected) => {
    expect(await refusalOf(place)).toBe(expected);
  });
});

describe.each(Object.entries(suites))('%s', (suiteName, suite) => {
  let results: Record<string, string | null | undefined> = {};
  beforeAll(async () => {
    results = (await runInToken(join(import.meta.dirname, 'support/run-cases.ts'), token, suiteName)) as typeof results;
  }, 300_000);

  test.each(suite.map(({ name }) => name))('%s', (name) => {
    expect(results[name]).toBeNull();
  });
});
