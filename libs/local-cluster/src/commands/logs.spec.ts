import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { rotateLogs } from '../cluster/rotate-logs.ts';
import { LogTail } from './log-tail.ts';
import { logs } from './logs.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'trent-logs-'));
  mkdirSync(join(dir, 'logs'));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});
const log = (name: string): string => join(dir, 'logs', `${name}.log`);

describe('logs', () => {
  const printed = (options: { process?: string; request?: string; lines?: number }): string[] => {
    const lines: string[] = [];
    logs({ dir, lines: 100, ...options }, (line) => lines.push(line));
    return lines;
  };
  beforeEach(() => {
    writeFileSync(
      log('policy-a'),
      '{"time":"2026-11-24T07:00:01.000Z","request_id":"r1"}\n{"time":"2026-11-24T07:00:03.000Z","request_id":"r2"}\n',
    );
    writeFileSync(log('policy-b'), '{"time":"2026-11-24T07:00:02.000Z","request_id":"r1"}\n');
    writeFileSync(log('postgres'), '2026-11-24 07:00:00.500 UTC [1] LOG:  ready\n');
  });

  test('of a service come from all its replicas, in order of time', () => {
    expect(printed({ process: 'policy' }).map((line) => line.slice(0, 8))).toEqual(['policy-a', 'policy-b', 'policy-a']);
  });

  test('of a request are the lines that name it', () => {
    expect(printed({ request: 'r1' })).toHaveLength(2);
  });

  test('of all processes mix ours and the backends', () => {
    expect(printed({})[0]).toMatch(/^postgres \| /);
    expect(printed({ lines: 1 })[0]).toContain('r2');
  });

  test('of an unknown process are refused', () => {
    expect(() => printed({ process: 'nobody' })).toThrow('no log of nobody');
  });
});

test('a log tail prints what is added, line by line, also to logs that begin later', () => {
  writeFileSync(log('a'), 'old\n');
  const lines: string[] = [];
  const tail = new LogTail(join(dir, 'logs'), (line) => lines.push(line), false);
  appendFileSync(log('a'), 'one\ntw');
  tail.look();
  writeFileSync(log('b'), 'other\n');
  appendFileSync(log('a'), 'o\n');
  tail[Symbol.dispose]();
  expect(lines).toEqual(['a | one', 'a | two', 'b | other']);
});

test('a large log is set aside and its file emptied', () => {
  writeFileSync(log('a'), 'x'.repeat(100));
  rotateLogs(join(dir, 'logs'), 50);
  appendFileSync(log('a'), 'new\n');
  const lines: string[] = [];
  logs({ dir, lines: 10, process: 'a' }, (line) => lines.push(line));
  expect(lines).toEqual(['x'.repeat(100), 'new']);
});
