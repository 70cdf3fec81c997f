import { describe, expect, test } from '@jest/globals';
import type { PubAck } from '@nats-io/jetstream';
import { publishUntilAcknowledged } from './publish-until-acknowledged.ts';

/** Streams of which the first so many tries find no leader. */
function streams(refusals: number) {
  const tried: string[] = [];
  return {
    tried,
    publish: (subject: string): Promise<PubAck> => {
      tried.push(subject);
      return tried.length <= refusals ? Promise.reject(new Error('503')) : Promise.resolve({} as PubAck);
    },
  };
}

const message = { subject: (attempt: number) => `s.${String(attempt % 2)}`, body: 'x' };
const inMs = (ms: number): number => performance.now() + ms;

describe('a publication', () => {
  test('is tried again while no stream has a leader, on another stream each time', async () => {
    const js = streams(2);
    await publishUntilAcknowledged(js, message, inMs(60_000), 'not kept');
    expect(js.tried).toEqual(['s.0', 's.1', 's.0']);
  });

  test('is given up at the deadline, retryably and with its cause', async () => {
    const failure = await publishUntilAcknowledged(streams(Infinity), message, inMs(120), 'not kept').catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'KMSInternalException',
      message: 'not kept',
      cause: expect.objectContaining({ message: '503' }),
    });
  });

  test('is not begun past the deadline', async () => {
    const js = streams(0);
    await expect(publishUntilAcknowledged(js, message, inMs(-1), 'not kept')).rejects.toThrow('not kept');
    expect(js.tried).toEqual([]);
  });
});
