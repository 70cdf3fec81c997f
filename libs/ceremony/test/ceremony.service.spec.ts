import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ceremonyCases } from './ceremony-cases.ts';
import { aTokenFolder, modulePath, runScript } from './in-token-folder.ts';

const folder = mkdtempSync(join(tmpdir(), 'trent-ceremony-'));
let results: Record<string, string | null | undefined> = {};

beforeAll(async () => {
  const script = join(import.meta.dirname, 'run-ceremonies.ts');
  const ending = await runScript(script, [modulePath], aTokenFolder(folder, 'all'));
  if (ending.exitCode !== 0) throw new Error(ending.stderr);
  results = JSON.parse(ending.stdout) as typeof results;
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(ceremonyCases.map(({ name }) => name))('%s', (name) => {
  expect(results[name]).toBeNull();
});
