import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ensureCertificates } from '@trent/local-cluster';
import { storeCases } from './key-store/cases.ts';
import { ACCOUNT, PIN, TOKENS } from './key-store/place.ts';

const run = promisify(execFile);
const MODULE = '/usr/lib/softhsm/libsofthsm2.so';
const folder = mkdtempSync(join(tmpdir(), 'trent-key-stores-'));
const file = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('custom key stores over tokens of SoftHSM', () => {
  let results: Record<string, string | null | undefined> = {};
  beforeAll(async () => {
    mkdirSync(file('tokens'));
    writeFileSync(file('softhsm2.conf'), `directories.tokendir = ${file('tokens')}\nobjectstore.backend = file\nlog.level = ERROR\n`);
    writeFileSync(file('pin'), `${PIN}\n`);
    const { internalCa: trustAnchorFile } = await ensureCertificates(file('pki'), Date.now());
    const cluster = (name: string, tokenLabel: string, more = {}) => ({
      ...{ clusterId: `cluster-${name}`, module: MODULE, tokenLabel, trustAnchorFile },
      ...more,
    });
    const clusters = [
      cluster('blueblueblue', 'blue'),
      cluster('greengreengreen', 'green', { pinFile: file('pin'), accounts: [ACCOUNT] }),
      cluster('emptyemptyempty', 'empty'),
      cluster('gonegonegone', 'gone'),
      cluster('brokenbroken', 'blue', { module: file('no-module.so') }),
    ];
    writeFileSync(file('clusters.json'), JSON.stringify({ clusters }));
    const env = { ...process.env, SOFTHSM2_CONF: file('softhsm2.conf') };
    const script = (name: string): string => join(import.meta.dirname, 'key-store', name);
    await run(process.execPath, [script('make-tokens.ts'), MODULE, JSON.stringify(TOKENS)], { env });
    const { stdout } = await run(process.execPath, [script('run-cases.ts'), file('clusters.json'), trustAnchorFile], { env });
    results = JSON.parse(stdout) as typeof results;
  }, 300_000);

  test.each(storeCases.map(({ name }) => name))('%s', (name) => {
    expect(results[name]).toBeNull();
  });
});
