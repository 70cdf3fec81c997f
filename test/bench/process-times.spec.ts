import { describe, expect, test } from '@jest/globals';
import { cpuSecondsOf, parseStat, readProcesses } from './process-times.ts';

const line = (pid: number, command: string, parent: number, times: string): string =>
  `${String(pid)} (${command}) S ${String(parent)} 1 1 0 -1 4194560 100 0 0 0 ${times} 20 0 1 0 4711 157786112 7109`;

describe('a line of /proc/<pid>/stat', () => {
  test('gives parent and times', () => {
    expect(parseStat(line(42, 'node', 7, '300 20 5 1'))).toEqual({ pid: 42, parent: 7, ticks: 320, endedChildrenTicks: 6 });
  });

  test('is read whatever the command is called', () => {
    expect(parseStat(line(42, 'postgres: audit trent) 1 (idle', 7, '3 2 0 0'))).toMatchObject({ parent: 7, ticks: 5 });
  });

  test.each(['', '42', '42 (node) S', 'x (node) S 1 1'])('that is none gives nothing: %j', (text) => {
    expect(parseStat(text)).toBeUndefined();
  });
});

describe('the CPU time of a process tree', () => {
  const at = (pid: number, parent: number, ticks: number, endedChildrenTicks = 0) => ({ pid, parent, ticks, endedChildrenTicks });
  const processes = [at(1, 0, 100), at(10, 1, 200, 50), at(11, 10, 30), at(12, 11, 7), at(20, 1, 1_000)];

  test('adds the process, all below it, and children that have ended', () => {
    expect(cpuSecondsOf(10, processes)).toBeCloseTo(2.87);
  });

  test('leaves out a child, with what is below it', () => {
    expect(cpuSecondsOf(10, processes, new Set([11]))).toBeCloseTo(2.5);
  });

  test('of a process that is gone is nothing', () => {
    expect(cpuSecondsOf(99, processes)).toBe(0);
  });

  test('can be read of this very process', () => {
    const own = readProcesses().find(({ pid }) => pid === process.pid);
    expect(own).toMatchObject({ parent: process.ppid });
  });
});
