import { describe, expect, test } from '@jest/globals';
import { trentError } from '@trent/errors';
import { defineEvents } from './events.ts';
import { createLogger } from './logger.ts';
import type { LogFields } from './log-fields.ts';
import type { Logger } from './logger.ts';

const events = defineEvents({ happened: 'test.happened' });

function aLogger(level: 'debug' | 'info' = 'info'): { log: Logger; lines: () => Record<string, unknown>[] } {
  const written: string[] = [];
  const log = createLogger({ level, fields: { zone: 'a' }, destination: { write: (line) => void written.push(line) } });
  return { log, lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('a log line', () => {
  test('carries time, level, event and the fields that were given', () => {
    const { log, lines } = aLogger();
    log.child({ region: 'us-east-1' }).warn(events.happened, { request_id: 'r', count: 3 });
    expect(lines()).toEqual([
      {
        level: 'warn',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        zone: 'a',
        region: 'us-east-1',
        request_id: 'r',
        count: 3,
        event: 'test.happened',
      },
    ]);
  });

  test('leaves out what the list does not allow, even when types were talked round', () => {
    const { log, lines } = aLogger();
    const smuggled = {
      key_id: 'k',
      plaintext: 'secret',
      count: 'three',
      detail: Buffer.from('secret'),
      __proto__: 1,
    } as unknown as LogFields;
    log.info(events.happened, smuggled);
    expect(lines()[0]).toMatchObject({ key_id: 'k' });
    expect(JSON.stringify(lines())).not.toMatch(/secret|three/);
  });

  test('tells code, text, stack and causes of what was thrown', () => {
    const { log, lines } = aLogger();
    log.error(events.happened, {}, trentError('KMSInternalException', '', { cause: new Error('the disk is full') }));
    expect(lines()[0]).toMatchObject({ 'error.type': 'KMSInternalException' });
    expect(lines()[0]?.['error.stack']).toMatch(/the disk is full/);
  });

  test('cuts texts that are too long', () => {
    const { log, lines } = aLogger();
    log.info(events.happened, { detail: 'x'.repeat(100_000) });
    expect(String(lines()[0]?.['detail'])).toHaveLength(8192);
  });

  test('is not written below the level', () => {
    const { log, lines } = aLogger();
    log.debug(events.happened);
    expect(lines()).toEqual([]);
  });
});

test('an event has a name of lower-case words', () => {
  expect(() => defineEvents({ bad: 'Something happened' })).toThrow('Not an event name: Something happened');
});
