import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { lastWords } from './last-words.ts';

describe('the last words of a process', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'trent-words-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test.each([
    [
      'a crash of Node',
      "node:internal\n  throw err;\n\nError: Cannot find module '/x'\n    at y\n\nNode.js v24.21.0\n",
      "Error: Cannot find module '/x'",
    ],
    [
      'a log line of ours',
      '{"level":"error","event":"service.start_failed","error.message":"no token"}\n{"level":"info","event":"bye"}\n',
      'service.start_failed: no token',
    ],
    [
      'what Postgres calls fatal',
      '2026 LOG:  starting\n2026 FATAL:  lock file exists\n2026 LOG:  shut down\n',
      '2026 FATAL:  lock file exists',
    ],
    ['the last line where nothing is an error', 'one\ntwo\n', 'two'],
    ['silence', '', 'without a word'],
  ])('are found in %s', (_, log, words) => {
    const file = join(folder, 'a.log');
    writeFileSync(file, log);
    expect(lastWords(file)).toBe(words);
  });
});
