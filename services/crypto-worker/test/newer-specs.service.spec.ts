import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newerSuites } from './cases/suites.ts';
import { joinedToken, runInToken, softokn, type JoinedToken } from './joined-token.ts';

const folder = mkdtempSync(join(tmpdir(), 'trent-worker-'));
let token: JoinedToken;

beforeAll(async () => {
  token = await joinedToken(folder, await softokn(folder));
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(Object.entries(newerSuites))('on NSS softokn, %s', (suiteName, suite) => {
  let results: Record<string, string | null | undefined> = {};
  beforeAll(async () => {
    results = (await runInToken(join(import.meta.dirname, 'support/run-cases.ts'), token, suiteName)) as typeof results;
  }, 300_000);

  test.each(suite.map(({ name }) => name))('%s', (name) => {
    expect(results[name]).toBeNull();
  });
});
