import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Command } from '../managed-process.ts';
import { waitUntil } from '../wait-until.ts';
import { isAlive } from './process-identity.ts';
import { inOrder, type Row } from './row.ts';
import type { ProcessState } from './state-file.ts';
import { Supervisor } from './supervisor.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trent-supervisor-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A child that writes its beginning and its end into `history` and is ready once it has begun. */
function child(name: string, options: Partial<Row> & { script?: string } = {}): Row {
  const mark = join(folder, `${name}.mark`);
  const history = join(folder, 'history');
  const script =
    options.script ??
    `echo begin ${name} >> ${history}; trap 'echo end ${name} >> ${history}; exit 0' TERM; touch ${mark}; while :; do sleep 0.02; done`;
  const file = join(folder, `${name}.sh`);
  writeFileSync(file, script);
  chmodSync(file, 0o755);
  const ready = async (): Promise<true | string> => Promise.resolve(existsSync(mark) || 'no mark');
  const command: Command = { name, program: '/bin/bash', args: [file], logFile: join(folder, `${name}.log`), ready };
  const { script: _, ...row } = options;
  return { name, zone: 'a', ports: {}, after: [], stopRank: 0, readyTimeoutMs: 5_000, prepare: () => command, ready, ...row };
}

interface Watched {
  readonly supervisor: Supervisor;
  readonly said: string[];
  state(name: string): ProcessState;
}

function supervise(rows: readonly Row[]): Watched {
  const said: string[] = [];
  const supervisor = new Supervisor(rows, { changed: () => undefined, say: (line) => said.push(line) });
  const state = (name: string): ProcessState => supervisor.states().find((one) => one.name === name)!;
  return { supervisor, said, state };
}

const history = (): string[] => readFileSync(join(folder, 'history'), 'utf8').trimEnd().split('\n');

describe('a supervisor', () => {
  test('starts each row after those it waits for and stops the higher ranks first', async () => {
    const { supervisor, state } = supervise([child('service', { after: ['database'], stopRank: 1 }), child('database')]);
    await supervisor.start();
    expect(state('service')).toMatchObject({ state: 'ready', restarts: 0 });
    await supervisor.stop();
    expect(history()).toEqual(['begin database', 'begin service', 'end service', 'end database']);
    expect(state('database').process).toBeUndefined();
  });

  test('settles a row before the rows that wait for it start', async () => {
    const settle = async (): Promise<void> => writeFile(join(folder, 'history'), 'settled\n', { flag: 'a' });
    const { supervisor } = supervise([child('database', { settle }), child('service', { after: ['database'] })]);
    await supervisor.start();
    await supervisor.stop();
    expect(history().slice(0, 3)).toEqual(['begin database', 'settled', 'begin service']);
  });

  test('starts a killed child again', async () => {
    const { supervisor, said, state } = supervise([child('service')]);
    await supervisor.start();
    const { pid } = state('service').process!;
    process.kill(pid, 'SIGKILL');
    await waitUntil('the second life', 5_000, () => (state('service').state === 'ready' && state('service').restarts === 1) || 'not yet');
    expect(state('service').process?.pid).not.toBe(pid);
    expect(said[0]).toMatch(/^service was ended by SIGKILL/);
    await supervisor.stop();
  });

  test('fails with one line, the last words of the child that dies at its start, and stop leaves nothing behind', async () => {
    const { supervisor, state } = supervise([child('healthy'), child('sick', { script: 'echo first; echo port 1 is taken >&2; exit 78' })]);
    await expect(supervisor.start()).rejects.toThrow(/^sick ended with exit code 78: port 1 is taken$/);
    const { process: healthy } = state('healthy');
    await supervisor.stop();
    expect(healthy === undefined || !isAlive(healthy)).toBe(true);
  });

  test('tries a child that dies at its start for other reasons again, but not for ever', async () => {
    const { supervisor } = supervise([child('sick', { script: `echo begin >> ${join(folder, 'history')}; echo no peer; exit 1` })]);
    await expect(supervisor.start()).rejects.toThrow(/^sick ended with exit code 1: no peer$/);
    expect(history()).toHaveLength(3);
    await supervisor.stop();
  });

  test('names the row that is not ready in time, and why', async () => {
    const { supervisor } = supervise([child('slow', { script: 'sleep 30', readyTimeoutMs: 200 })]);
    await expect(supervisor.start()).rejects.toThrow(/^slow: no mark after/);
    await supervisor.stop();
  });

  test('that is stopped while it starts stops what it has started', async () => {
    const { supervisor, state } = supervise([child('quick'), child('slow', { script: 'sleep 30' })]);
    const started = supervisor.start();
    await waitUntil('quick', 5_000, () => state('quick').state === 'ready' || 'not yet');
    await Promise.all([expect(started).rejects.toThrow(), supervisor.stop()]);
    expect(supervisor.states().map(({ process }) => process)).toEqual([undefined, undefined]);
  });
});

describe('the order of a table', () => {
  test('refuses rows that wait for each other, for an unknown row, or have the same name', () => {
    expect(() => inOrder([child('a', { after: ['b'] }), child('b', { after: ['a'] })])).toThrow('a waits for itself');
    expect(() => inOrder([child('a', { after: ['c'] })])).toThrow('a waits for c, which is not in the table');
    expect(() => inOrder([child('a'), child('a')])).toThrow('same name');
  });
});
