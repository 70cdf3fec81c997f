import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { aTokenFolder, modulePath, runScript } from './in-token-folder.ts';
import type { Ending } from './in-token-folder.ts';

const folder = mkdtempSync(join(tmpdir(), 'trent-join-'));
const at = (name: string): string => join(folder, name);
const timeoutMs = 60_000;

/** Runs join-token for the token of a zone. */
async function joinToken(zone: string, more: readonly string[] = [], extra = ''): Promise<Ending> {
  const args = ['--region', 'us-east-1', '--package', at('root.json'), '--operator', at('operator.json'), '--token-label', `token-${zone}`];
  const script = join(import.meta.dirname, '../src/join-token.ts');
  return runScript(script, [...args, '--pin-file', at(`${zone}.pin`), '--module', modulePath, ...more], aTokenFolder(folder, zone, extra));
}

async function inToken(zone: string, ...args: string[]): Promise<Ending> {
  return inRootSet('us-east-1', zone, ...args);
}

async function inRootSet(rootSet: string, zone: string, ...args: string[]): Promise<Ending> {
  const script = join(import.meta.dirname, 'wrap-and-unwrap.ts');
  return runScript(script, [`token-${zone}`, at(`${zone}.pin`), ...args], { ...aTokenFolder(folder, zone), ROOT_SET: rootSet });
}

let first: Ending;
beforeAll(async () => {
  first = await joinToken('a', ['--genesis']);
}, timeoutMs);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('join-token', () => {
  test('with --genesis makes operator, package, PINs and token, readable by their owner alone', () => {
    expect(first).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(first.stdout)).toMatchObject({
      outcome: 'joined',
      region: 'us-east-1',
      rootVersion: 1,
      threshold: 1,
      label: 'token-a',
    });
    for (const name of ['operator.json', 'root.json', 'a.pin', 'a.pin.so']) expect(statSync(at(name)).mode & 0o777).toBe(0o600);
  });

  test(
    'does nothing the second time',
    async () => {
      const before = readFileSync(at('root.json'), 'utf8');
      const again = await joinToken('a', ['--genesis']);
      expect(JSON.parse(again.stdout)).toEqual({ ...(JSON.parse(first.stdout) as object), outcome: 'already-joined' });
      expect(readFileSync(at('root.json'), 'utf8')).toBe(before);
    },
    timeoutMs,
  );

  test(
    'joins a token of another folder: what one token wraps, the other opens',
    async () => {
      expect(JSON.parse((await joinToken('b')).stdout)).toMatchObject({ outcome: 'joined', label: 'token-b' });
      const wrapped = (await inToken('a', 'wrap')).stdout;
      const [here, there] = [await inToken('a', 'derive', wrapped), await inToken('b', 'derive', wrapped)];
      expect(here.stdout).toMatch(/^[0-9a-f]{64}$/);
      expect(there).toEqual(here);
    },
    timeoutMs,
  );

  test(
    'joins the root set of a group beside that of the region: regions with tokens of their own open what is wrapped under it',
    async () => {
      const group = ['--group', 'global', '--group-package', at('group.json'), '--genesis'];
      expect(JSON.parse((await joinToken('east', group)).stdout)).toMatchObject({
        region: 'us-east-1',
        outcome: 'joined',
        group: { region: 'global', outcome: 'joined' },
      });
      const elsewhere = ['--region', 'eu-west-1', '--package', at('root-west.json'), ...group];
      expect(JSON.parse((await joinToken('west', elsewhere)).stdout)).toMatchObject({ region: 'eu-west-1', group: { outcome: 'joined' } });
      const wrapped = (await inRootSet('global', 'east', 'wrap')).stdout;
      const [here, there] = [await inRootSet('global', 'east', 'derive', wrapped), await inRootSet('global', 'west', 'derive', wrapped)];
      expect(here.stdout).toMatch(/^[0-9a-f]{64}$/);
      expect(there).toEqual(here);
      for (const [region, zone] of [['us-east-1', 'east'] as const, ['eu-west-1', 'west'] as const])
        expect((await inRootSet(region, zone, 'derive', wrapped)).exitCode).toBe(1);
    },
    timeoutMs,
  );

  test(
    'refuses a group without its package, in one line',
    async () => {
      expect(await joinToken('a', ['--group', 'global'])).toMatchObject({
        exitCode: 1,
        stderr: 'join-token: --group needs --group-package\n',
      });
    },
    timeoutMs,
  );

  test(
    'refuses a token that lacks a part of the crypto profile, by its name',
    async () => {
      // SoftHSM 2.6.1 skips the first name after the minus sign.
      const ending = await joinToken('lacking', [], 'slots.mechanisms = -CKM_NONE,CKM_AES_ECB_ENCRYPT_DATA\n');
      expect(ending.exitCode).toBe(1);
      expect(ending.stderr).toMatch(/^join-token: the token token-lacking lacks kdf AES-ECB-ENCRYPT-DATA: .*CKR_MECHANISM_INVALID\n$/);
    },
    timeoutMs,
  );

  test(
    'refuses a package of another region and says in one line what is wrong',
    async () => {
      const other = await joinToken('c', ['--region', 'eu-west-1']);
      expect(other).toMatchObject({ exitCode: 1, stderr: 'join-token: the package is of region us-east-1, not eu-west-1\n' });
    },
    timeoutMs,
  );

  test(
    'refuses an altered package and leaves the token without a root set',
    async () => {
      const path = at('altered.json');
      writeFileSync(path, readFileSync(at('root.json'), 'utf8').replace('"createdAt": "2', '"createdAt": "1'));
      const ending = await joinToken('d', ['--package', path]);
      expect(ending.exitCode).toBe(1);
      expect(ending.stderr).toContain('altered');
      expect((await inToken('d', 'wrap')).stderr).toContain('has not joined');
    },
    timeoutMs,
  );
});
