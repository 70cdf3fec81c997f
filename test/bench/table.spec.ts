import { describe, expect, test } from '@jest/globals';
import { eachProcess, toRow, type BenchReport, type BenchRow } from './bench-row.ts';
import { benchMarkdown, benchNotes, benchTable } from './table.ts';

const figures = (answered: number) => ({
  seconds: 2,
  answered,
  opsPerSecond: answered / 2,
  p50Ms: 5,
  p90Ms: 8,
  p99Ms: 9.25,
  p999Ms: 10,
  maxMs: 11,
  errors: {},
  failed: 0,
});
const cpu = { ...eachProcess(() => 0), gateway: 1, postgres: 0.5, 'crypto-worker': 0.1 };
const row = toRow({ operation: 'encrypt', wire: 'https', inFlight: 64 }, figures(4_000), cpu, 0.8, 4_000);
const raw: BenchRow = {
  ...toRow(
    { operation: 'encrypt', wire: 'raw', inFlight: 1 },
    figures(100_000),
    eachProcess(() => 0),
    0,
    undefined,
  ),
  totalPerThousand: 0.012,
};
const workerRow = toRow(
  { operation: 'encrypt', wire: 'worker', inFlight: 64 },
  figures(10_000),
  { ...eachProcess(() => 0), 'crypto-worker': 0.2 },
  0.1,
  undefined,
);
const report: BenchReport = {
  version: 1,
  at: '2026-01-01T00:00:00Z',
  machine: 'two cores',
  secondsEach: 2,
  rounds: 3,
  idle: { ...eachProcess(() => 0), nats: 0.004 },
  rows: [row, workerRow, raw],
  answeredInAll: 4_000,
  recordsInAll: 4_000,
};

describe('a row', () => {
  test('adds up the processes per 1,000 operations, the generator apart', () => {
    expect(row.totalPerThousand).toBeCloseTo(0.4);
    expect(row.perThousand.gateway).toBeCloseTo(0.25);
    expect(row.generatorPerThousand).toBeCloseTo(0.2);
  });
});

describe('the table', () => {
  test('has one line a row under one head, columns aligned', () => {
    const lines = benchTable(report);
    expect(lines).toHaveLength(4);
    expect(lines[1]).toMatch(/^Encrypt +HTTPS \+ SigV4 +64 +2000 +0\.400 +0\.250 +· /);
    expect(lines[1]).toMatch(/4000\/4000$/);
    expect(lines[0]?.indexOf('errors')).toBe((lines[1]?.lastIndexOf('  0  ') ?? 0) + 2 - 'errors'.length + 1);
  });

  test('says per row what became of it since another run', () => {
    const before = { ...report, rows: [{ ...row, totalPerThousand: 0.5 }] };
    const [, first = '', second = ''] = benchTable(report, before);
    expect(first).toContain('−20 %');
    expect(second).toContain('–');
  });

  test('can be had as Markdown', () => {
    const [titles = '', rule = '', first = ''] = benchMarkdown(report);
    expect(titles).toMatch(/^\| operation \| by \|/);
    expect(rule.split('|')).toHaveLength(titles.split('|').length);
    expect(first).toContain('| Encrypt | HTTPS + SigV4 | 64 |');
  });

  test('names errors by code', () => {
    const failing = { ...report, rows: [{ ...row, errors: { ThrottlingException: 3 } }] };
    expect(benchTable(failing)[1]).toContain('ThrottlingException 3');
  });
});

describe('the notes', () => {
  test('compare the worker with raw PKCS#11', () => {
    expect(benchNotes(report).join('\n')).toContain('Encrypt 60 % of raw');
  });

  test('say when answers and records differ', () => {
    expect(benchNotes(report).at(-1)).toContain('each has its own');
    expect(benchNotes({ ...report, recordsInAll: 3_999 }).at(-1)).toContain('DIFFER');
  });
});
