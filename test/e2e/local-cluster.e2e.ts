import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readEnvFile, startCluster, type ClusterStatus, type TestCluster } from '@trent/local-cluster';
import { sharedCluster } from './shared-cluster.ts';

const MINUTE_MS = 60_000;
const ROOT = join(import.meta.dirname, '../..');

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

async function node(script: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--disable-warning=ExperimentalWarning', script, ...args], { env, cwd: ROOT }, (error, out, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, error: stderr });
    });
  });
}

/** `npm run <command> -- <options>`, without npm. */
const run = (...args: string[]): Promise<Outcome> => node('deploy/local/main.ts', args);

/** Makes a key with the AWS SDK as any tool would: configured by what the env file exports, and nothing else. */
async function keyMadeWith(env: Readonly<Record<string, string>>): Promise<string> {
  const { out, error } = await node('test/e2e/create-key.ts', [], { ...env });
  return out.trim() || error;
}

describe('the local cluster', () => {
  let cluster: TestCluster;
  const data = (): string[] => ['--data', cluster.dir];
  const status = async (): Promise<ClusterStatus> => JSON.parse((await run('status', '--json', ...data())).out) as ClusterStatus;
  const pids = ({ processes }: ClusterStatus): (number | null)[] => processes.map(({ pid }) => pid);

  beforeAll(async () => {
    cluster = await startCluster();
  }, 3 * MINUTE_MS);
  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
  }, MINUTE_MS);

  test('writes an env file for its owner alone, with which an unchanged SDK makes a key', async () => {
    expect(statSync(join(cluster.dir, 'env')).mode & 0o777).toBe(0o600);
    expect(cluster.env).toMatchObject({ TRENT_ACCOUNT_ID: '111122223333', AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-1' });
    expect(await keyMadeWith(cluster.env)).toMatch(/^arn:aws:kms:us-east-1:111122223333:key\//);
  }, 30_000);

  test('names every process with its pid, zone, port and state', async () => {
    const { state, processes } = await status();
    expect(state).toBe('ready');
    const services = ['audit-ingest-a', 'crypto-worker-a', 'gateway-a', 'key-metadata-a', 'key-store-a', 'policy-a'];
    expect(processes.map(({ name }) => name).sort()).toEqual([...services, 'nats-a', 'postgres', 'redis'].sort());
    for (const process of processes)
      expect(process).toMatchObject({ pid: expect.any(Number), zone: 'a', port: expect.any(Number), state: 'ready' });
  });

  test('runs beside another one', async () => {
    expect((await sharedCluster().status()).state).toBe('ready');
    expect(pids(await sharedCluster().status())).not.toEqual(pids(await status()));
  });

  test('takes a second up for what it is: nothing changes', async () => {
    const before = pids(await status());
    const again = await run('up', ...data());
    expect(again).toMatchObject({ code: 0, error: '' });
    expect(again.out).toContain('Trent is running');
    expect(pids(await status())).toEqual(before);
  }, 30_000);

  test('refuses another shape of what runs, in one line', async () => {
    const { code, error } = await run('up', '--zones', '3', ...data());
    expect(code).toBe(1);
    expect(error).toMatch(/^a cluster of 1 zone\(s\) .*: npm run down first\n$/);
  });

  test('gives one line for a taken port and leaves no folder', async () => {
    const dir = join(mkdtempSync(join(tmpdir(), 'trent-e2e-')), 'data');
    const { code, out, error } = await run('up', '--data', dir, '--port', new URL(cluster.env['AWS_ENDPOINT_URL']!).port);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(error).toMatch(/^port \d+ is taken by another program: choose one with --port\n$/);
    expect(existsSync(dir)).toBe(false);
    rmSync(join(dir, '..'), { recursive: true });
  });

  test.each(['gateway-a', 'policy-a', 'crypto-worker-a', 'key-metadata-a', 'audit-ingest-a', 'nats-a', 'redis', 'postgres'])(
    'starts %s again after kill -9',
    async (name) => {
      const killed = await cluster.kill(name);
      await cluster.healed();
      const { pid, restarts } = await cluster.process(name);
      expect(pid).not.toBe(killed);
      expect(restarts).toBeGreaterThan(0);
      expect(await keyMadeWith(cluster.env)).toMatch(/^arn:aws:kms:/);
    },
    MINUTE_MS,
  );

  test('makes another account, whose key is its own', async () => {
    const file = join(cluster.dir, 'second.env');
    const made = await node('libs/cli/src/main.ts', ['account', 'create', '--id', '222222222222', '--env', file, ...data()]);
    expect(made).toMatchObject({ code: 0, error: '' });
    expect(await keyMadeWith(readEnvFile(file)!)).toMatch(/^arn:aws:kms:us-east-1:222222222222:key\//);
    const twice = await node('libs/cli/src/main.ts', ['account', 'create', '--id', '222222222222', '--env', file, ...data()]);
    expect(twice).toMatchObject({ code: 1, error: 'there is an account 222222222222 already\n' });
  }, 30_000);

  test('prints the log of a service', async () => {
    const { code, out } = await run('logs', 'policy', ...data());
    expect(code).toBe(0);
    expect(out).toContain('service.ready');
  });

  test(
    'goes down without leaving a process, and comes up again with its account and on its ports',
    async () => {
      const before = await status();
      expect(await run('down', ...data())).toMatchObject({ code: 0, error: '' });
      for (const pid of pids(before)) expect(existsSync(`/proc/${String(pid)}`)).toBe(false);
      expect((await run('status', ...data())).code).toBe(1);
      expect(await run('up', ...data())).toMatchObject({ code: 0, error: '' });
      expect((await status()).httpsPort).toBe(before.httpsPort);
      expect(await keyMadeWith(cluster.env)).toMatch(/^arn:aws:kms:/);
    },
    2 * MINUTE_MS,
  );
});
