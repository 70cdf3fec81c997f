import { describe, expect, test } from '@jest/globals';
import { aDelivery } from '../../test/support/deliveries.ts';
import { aRecord } from '../../test/support/records.ts';
import { MessageQueue } from './message-queue.ts';
import type { AuditMessage } from './read-message.ts';

const record = aRecord();
const message = (records: number): AuditMessage => aDelivery({ body: Array.from({ length: records }, () => record) }).message;

describe('what a commit takes', () => {
  test('is at once whatever makes it worth it', async () => {
    const queue = new MessageQueue(() => 0); // the clock stands, so nothing is taken for having waited
    void queue.push(message(300));
    void queue.push(message(300));
    expect(await queue.take()).toHaveLength(2);
  });

  test('is bounded, and the rest comes next', async () => {
    const queue = new MessageQueue(() => 0);
    for (let i = 0; i < 12; i++) void queue.push(message(128));
    expect(await queue.take()).toHaveLength(7);
    expect(await queue.take()).toHaveLength(5);
  });

  test('is after a while what there is', async () => {
    let now = 0;
    const queue = new MessageQueue(() => now);
    const taken = queue.take();
    void queue.push(message(1));
    now = 200;
    void queue.push(message(1));
    expect(await taken).toHaveLength(2);
  });

  test('is the rest when the queue is closed, then nothing', async () => {
    const queue = new MessageQueue(() => 0);
    void queue.push(message(1));
    const taken = queue.take();
    queue.close();
    expect(await taken).toHaveLength(1);
    expect(await queue.take()).toBeUndefined();
  });
});

test('a full queue holds its readers until a commit has taken from it', async () => {
  const queue = new MessageQueue(() => 0);
  for (let i = 0; i < 31; i++) await queue.push(message(128));
  let held = true;
  const push = queue.push(message(128)).then(() => (held = false));
  await new Promise((resolve) => setImmediate(resolve));
  expect(held).toBe(true);
  await queue.take();
  await push;
  expect(held).toBe(false);
});
