import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { suites } from './cases/suites.ts';
import { joinedToken, runInToken, type JoinedToken } from './joined-token.ts';

const folder = mkdtempSync(join(tmpdir(), 'trent-worker-'));
let token: JoinedToken;

beforeAll(async () => {
  token = await joinedToken(folder);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(Object.entries(suites))('%s', (suiteName, suite) => {
  let results: Record<string, string | null | undefined> = {};
  beforeAll(async () => {
    results = (await runInToken(join(import.meta.dirname, 'support/run-cases.ts'), token, suiteName)) as typeof results;
  }, 300_000);

  test.each(suite.map(({ name }) => name))('%s', (name) => {
    expect(results[name]).toBeNull();
  });
});
