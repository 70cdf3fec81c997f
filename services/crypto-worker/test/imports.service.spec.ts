import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { importCases } from './import-cases.ts';
import { refusedCells, servedCells } from './import-cells.ts';
import { joinedToken, runInToken } from './joined-token.ts';

const folder = mkdtempSync(join(tmpdir(), 'trent-imports-'));
let results: Record<string, string | null | undefined> = {};

beforeAll(async () => {
  results = (await runInToken(join(import.meta.dirname, 'run-imports.ts'), await joinedToken(folder))) as typeof results;
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(importCases.map(({ name }) => name))('%s', (name) => {
  expect(results[name]).toBeNull();
});

test('the table of kms-api §6.1 is walked whole: 20 specs, 6 algorithms, 4 wrapping keys', () => {
  expect(servedCells.length + refusedCells.length).toBe(20 * 6 * 4);
  expect(servedCells.length).toBe(5 * 2 * 3 + 3 * 2 * 3 + (4 * 4 * 3 - 2));
});
