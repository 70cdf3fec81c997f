import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { supports } from '../src/index.ts';
import { buildAddon } from '../build.ts';
import { asymmetric } from './conformance/asymmetric.ts';
import type { ConformanceCase } from './conformance/case.ts';
import { objects } from './conformance/objects.ts';
import { postQuantum } from './conformance/post-quantum.ts';
import { symmetric } from './conformance/symmetric.ts';
import { modulesUnderTest } from './modules-under-test.ts';
import { selfAttackCases } from './self-attack-cases.ts';

type Results = Record<string, { failure: string; isFromToken: boolean } | null | undefined>;

const suites: [string, readonly ConformanceCase[]][] = [
  ['conformance', [...objects, ...symmetric, ...asymmetric, ...postQuantum]],
  ['self-attack', selfAttackCases],
];

beforeAll(() => {
  buildAddon();
});

describe.each(modulesUnderTest.map((underTest) => ({ name: underTest.dialect.name, underTest })))('$name', ({ name, underTest }) => {
  describe.each(suites)('%s', (suiteName, suite) => {
    let results: Results = {};
    const folder = mkdtempSync(join(tmpdir(), `trent-${name}-`));

    beforeAll(() => {
      const environment = { ...process.env, ...underTest.prepare(folder) };
      const child = [join(import.meta.dirname, 'run-in-token.ts'), name, suiteName, folder];
      results = JSON.parse(execFileSync(process.execPath, child, { env: environment, encoding: 'utf8' })) as Results;
    }, 300_000);
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    const served = suite.filter(({ needs }) => needs === undefined || supports(underTest.dialect, needs));
    test.each(served.map(({ name: title }) => title))('%s', (title) => {
      expect(results[title]).toBeNull();
    });

    const lacking = suite.filter((one) => !served.includes(one));
    test.each([...lacking.map(({ name: title }) => title), 'nothing else'])('not served, as declared: %s', (title) => {
      if (title === 'nothing else') expect(Object.keys(results).sort()).toEqual(suite.map((one) => one.name).sort());
      else expect(results[title]?.failure).toMatch(/CKR_|AssertionError/);
    });
  });
});
