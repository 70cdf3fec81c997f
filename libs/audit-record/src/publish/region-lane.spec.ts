import { describe, expect, test } from '@jest/globals';
import { readMessageBody } from '../message/wire-form.ts';
import type { Batch } from './batch.ts';
import { MAX_QUEUED_UNITS, MAX_RECORDS } from './publish-limits.ts';
import { RegionLane, type AuditPublisherEvent } from './region-lane.ts';

interface Sent {
  readonly number: number;
  readonly stream: number;
  readonly records: readonly string[];
}

/** A lane with a clock of the test's, whose messages land in `sent`. */
function aLane({ streams = 3, preferred = 1, broken = false, inHand = 1 } = {}) {
  let numbers = 0;
  const world = { now: 0, sent: [] as Sent[], events: [] as AuditPublisherEvent[], outcomes: new Map<string, string>(), broken };
  const lane = new RegionLane({
    region: 'us-east-1',
    streams,
    preferred,
    now: () => world.now,
    nextBatch: () => ++numbers,
    send: (_region, { number, stream, body }: Batch) => {
      if (world.broken) throw new Error('closed');
      world.sent.push({ number, stream, records: readMessageBody(body.toString()) ?? [] });
    },
    onEvent: (event) => world.events.push(event),
    inHand: () => inHand,
  });
  const push = (record: string, deadline = 3000): void => {
    lane.push({
      record,
      deadline,
      settle: (error) => world.outcomes.set(record, (error as { code?: string } | undefined)?.code ?? 'stored'),
    });
  };
  const advance = (ms: number): void => {
    world.now += ms;
    lane.tick();
  };
  return { lane, world, push, advance };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe('group commit', () => {
  test('the records of one turn go as one message, and its acknowledgement releases them all', async () => {
    const { lane, world, push } = aLane();
    push('1');
    push('2');
    await turn();
    expect(world.sent).toEqual([{ number: 1, stream: 1, records: ['1', '2'] }]);
    expect(world.outcomes.size).toBe(0);
    lane.acknowledged(1);
    expect([...world.outcomes]).toEqual([['1', 'stored'], ['2', 'stored']]); // prettier-ignore
    expect(lane.idle).toBe(true);
  });

  test('what comes while a message is in flight gathers until the acknowledgement', async () => {
    const { lane, world, push } = aLane();
    push('1');
    await turn();
    push('2');
    await turn();
    push('3');
    await turn();
    expect(world.sent).toHaveLength(1);
    lane.acknowledged(1);
    await turn();
    expect(world.sent[1]).toEqual({ number: 2, stream: 1, records: ['2', '3'] });
  });

  test('with many requests in hand a record waits for others, until half of them are there', async () => {
    const { world, push } = aLane({ inHand: 16 });
    for (const record of '1234567') push(record);
    await turn();
    expect(world.sent).toEqual([]);
    push('8');
    await turn();
    expect(world.sent).toEqual([{ number: 1, stream: 1, records: '12345678'.split('') }]);
  });

  test('a second message leaves early when 32 records wait; the eighth in flight is the last', async () => {
    const { world, push } = aLane();
    for (let message = 0; message < 12; message++) {
      for (let i = 0; i < 32; i++) push(`${message}.${i}`);
      await turn();
    }
    expect(world.sent.map(({ records }) => records.length)).toEqual(Array(8).fill(32));
  });

  test('a message holds at most 128 records and 256 KiB', async () => {
    const { world, push } = aLane();
    for (let i = 0; i < MAX_RECORDS + 1; i++) push(String(i));
    await turn();
    expect(world.sent[0]?.records).toHaveLength(MAX_RECORDS);
    const big = aLane();
    for (const letter of 'abc') big.push(letter.repeat(100_000));
    await turn();
    expect(big.world.sent.map(({ records }) => records.length)).toEqual([2, 1]);
  });
});

describe('fail-over', () => {
  test('no acknowledgement in 300 ms sends the same message to the next stream, where the following go too', async () => {
    const { lane, world, push, advance } = aLane();
    push('1');
    await turn();
    advance(299);
    expect(world.sent).toHaveLength(1);
    advance(1);
    expect(world.sent[1]).toEqual({ number: 1, stream: 2, records: ['1'] });
    lane.acknowledged(1);
    push('2');
    await turn();
    expect(world.sent[2]).toMatchObject({ number: 2, stream: 2 });
    expect(world.events).toEqual([{ name: 'diverted', region: 'us-east-1', stream: 1, why: 'no acknowledgement' }]);
  });

  test('a late acknowledgement of the first stream counts, and the second one is ignored', async () => {
    const { lane, world, push, advance } = aLane();
    push('1');
    await turn();
    advance(300);
    lane.acknowledged(1);
    lane.acknowledged(1);
    expect(world.outcomes.get('1')).toBe('stored');
    expect(lane.state()['stored_records']).toBe(1);
  });

  test('the preferred stream is tried again after ten seconds', async () => {
    const { lane, world, push, advance } = aLane();
    push('1');
    await turn();
    advance(300);
    lane.acknowledged(1);
    advance(10_001);
    push('2', 20_000);
    await turn();
    expect(world.sent.at(-1)).toMatchObject({ number: 2, stream: 1 });
  });

  test('a refusal sends it on at once; when all have refused, after a pause', async () => {
    const { lane, world, push, advance } = aLane();
    push('1');
    await turn();
    lane.refused(1, 1, 'full');
    lane.refused(1, 1, 'full'); // told twice
    lane.refused(1, 2, 'full');
    lane.refused(1, 0, 'full');
    expect(world.sent.map(({ stream }) => stream)).toEqual([1, 2, 0]);
    advance(50);
    expect(world.sent.map(({ stream }) => stream)).toEqual([1, 2, 0, 1]);
  });

  test('a new connection gets what was in flight on the old one', async () => {
    const { lane, world, push } = aLane();
    push('1');
    await turn();
    lane.resend();
    expect(world.sent.map(({ number, stream }) => [number, stream])).toEqual([[1, 1], [1, 1]]); // prettier-ignore
  });
});

describe('bounds', () => {
  test('past its deadline a record is refused, whether it waits for a message or for an acknowledgement', async () => {
    const { lane, world, push, advance } = aLane();
    push('in flight', 1000);
    await turn();
    push('queued', 1000);
    push('patient', 2000);
    advance(1000);
    expect([...world.outcomes]).toEqual([['queued', 'KMSInternalException'], ['in flight', 'KMSInternalException']]); // prettier-ignore
    expect(world.events.at(-1)).toEqual({ name: 'given-up', region: 'us-east-1', batch: 1, records: 1 });
    lane.acknowledged(2);
    expect(world.outcomes.get('patient')).toBe('stored');
  });

  test('one impatient caller does not take the others with it', async () => {
    const { lane, world, push, advance } = aLane();
    push('impatient', 100);
    push('patient', 1000);
    await turn();
    advance(100);
    lane.acknowledged(1);
    expect([...world.outcomes]).toEqual([['impatient', 'KMSInternalException'], ['patient', 'stored']]); // prettier-ignore
  });

  test('a full queue throttles', () => {
    const { world, push } = aLane();
    for (let units = 0; units <= MAX_QUEUED_UNITS; units += 250_000) push(`${units}`.padEnd(250_000, 'x'));
    push('one too many');
    expect(world.outcomes.get('one too many')).toBe('ThrottlingException');
  });

  test('a connection that throws is tried until the deadline', async () => {
    const { world, push, advance } = aLane({ broken: true });
    push('1', 500);
    await turn();
    world.broken = false;
    advance(50);
    expect(world.sent).toHaveLength(1);
  });
});

describe('a batch that was given up', () => {
  test('is declared void by an empty message under its number once a stream answers again', async () => {
    const { lane, world, push, advance } = aLane();
    push('lost', 200);
    await turn();
    advance(200);
    expect(lane.idle).toBe(true);
    push('next', 5000);
    await turn();
    lane.acknowledged(2);
    expect(world.sent.at(-1)).toEqual({ number: 1, stream: 1, records: [] });
    expect(lane.awaited).toBe(false);
    lane.acknowledged(1);
    expect(lane.idle).toBe(true);
    expect(lane.state()['voids']).toBe(0);
  });
});
