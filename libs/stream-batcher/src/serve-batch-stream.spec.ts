import { EventEmitter } from 'node:events';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { fail, isTrentError } from '@trent/errors';
import { FairTurns } from './fair-turns.ts';
import { serveBatchStream } from './serve-batch-stream.ts';
import type { BatchCall, ServeOptions } from './serve-batch-stream.ts';

interface Item {
  id: number;
  timeoutMs: number;
  text: string;
}
interface Result {
  id: number;
  text: string;
}
type Frame = { results: Result[]; draining: boolean };

/** A call whose writes succeed in the next turn, or when the test says so. */
class TestCall extends EventEmitter {
  readonly frames: Frame[] = [];
  ended = false;
  accepted = false;
  readonly #callbacks: (() => void)[] = [];
  readonly #holds: boolean;

  constructor(holds = false) {
    super();
    this.#holds = holds;
  }

  write(frame: Frame, callback: () => void): boolean {
    this.frames.push(frame);
    if (this.#holds) this.#callbacks.push(callback);
    else setImmediate(callback);
    return true;
  }

  release(): void {
    for (const callback of this.#callbacks.splice(0)) callback();
  }

  sendMetadata(): void {
    this.accepted = true;
  }

  end(): void {
    this.ended = true;
  }

  send(...items: (Partial<Item> & { id: number })[]): void {
    this.emit('data', { items: items.map((item) => ({ timeoutMs: 1000, text: '', ...item })) });
  }
}

type Handle = (item: Item, context: { readonly deadline: number }) => Result | Promise<Result>;

function serve(
  handle: Handle,
  options: Partial<ServeOptions<Item, Result>> = {},
  call = new TestCall(),
): { call: TestCall; drain: () => void } {
  const drain = new AbortController();
  serveBatchStream<Item, Result>(call as unknown as BatchCall<Item, Result>, handle, {
    signal: drain.signal,
    onError: (item, error) => ({ id: item.id, text: isTrentError(error) ? error.code : `defect: ${String(error)}` }),
    ...options,
  });
  return { call, drain: () => drain.abort() };
}

const echo: Handle = (item) => ({ id: 0, text: item.text });
const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await nextTurn();
};

describe('a stream of batches', () => {
  test('is accepted at once and answers a batch with a batch, ids filled in', async () => {
    const { call } = serve(echo);
    expect(call.accepted).toBe(true);
    call.send({ id: 7, text: 'a' }, { id: 9, text: 'b' });
    await turns(1);
    expect(call.frames).toEqual([
      {
        results: [
          { id: 7, text: 'a' },
          { id: 9, text: 'b' },
        ],
        draining: false,
      },
    ]);
  });

  test('is accepted when the process is ready, not before', async () => {
    let ready = false;
    const { call } = serve(echo, { isReady: () => ready });
    await sleep(50);
    expect(call.accepted).toBe(false);
    ready = true;
    for (let looks = 0; looks < 500 && !call.accepted; looks++) await sleep(5);
    expect(call.accepted).toBe(true);
  });

  test('answers each item when it is ready, in any order', async () => {
    const slow = Promise.withResolvers<Result>();
    const { call } = serve((item) => (item.text === 'slow' ? slow.promise : { id: 0, text: item.text }));
    call.send({ id: 1, text: 'slow' }, { id: 2, text: 'fast' });
    await turns(2);
    slow.resolve({ id: 0, text: 'slow' });
    await turns(2);
    expect(call.frames.map(({ results }) => results.map(({ id }) => id))).toEqual([[2], [1]]);
  });

  test('an item that fails fails alone, thrown or rejected', async () => {
    const { call } = serve((item) => {
      if (item.text === 'throws') fail('DisabledException', 'no');
      if (item.text === 'rejects') return Promise.reject(new Error('x'));
      return { id: 0, text: 'fine' };
    });
    call.send({ id: 1, text: 'throws' }, { id: 2, text: 'rejects' }, { id: 3 });
    await turns(2);
    expect(call.frames.flatMap(({ results }) => results).sort((left, right) => left.id - right.id)).toEqual([
      { id: 1, text: 'DisabledException' },
      { id: 2, text: 'defect: Error: x' },
      { id: 3, text: 'fine' },
    ]);
  });

  test('an item past its deadline is not executed', async () => {
    const done: string[] = [];
    const { call } = serve((item) => {
      done.push(item.text);
      const until = performance.now() + 5;
      while (performance.now() < until); // the turn is busy
      return { id: 0, text: 'done' };
    });
    call.send({ id: 1, text: 'first' }, { id: 2, text: 'second', timeoutMs: 1 });
    await turns(1);
    expect(done).toEqual(['first']);
    expect(call.frames[0]?.results).toEqual([
      { id: 1, text: 'done' },
      { id: 2, text: 'DependencyTimeoutException' },
    ]);
  });

  test('an item knows its deadline, and gets the default when it names none', () => {
    const remaining: number[] = [];
    const { call } = serve(
      (item, { deadline }) => {
        remaining.push(Math.round((deadline - performance.now()) / 100) * 100);
        return { id: 0, text: item.text };
      },
      { defaultTimeoutMs: 700 },
    );
    call.send({ id: 1, timeoutMs: 200 }, { id: 2, timeoutMs: 0 });
    expect(remaining).toEqual([200, 700]);
  });

  test('more items than may be in progress are told to come later', async () => {
    const { call } = serve(() => new Promise(() => undefined), { maxInFlight: 2 });
    call.send({ id: 1 }, { id: 2 }, { id: 3 });
    await turns(1);
    expect(call.frames.flatMap(({ results }) => results)).toEqual([{ id: 3, text: 'ThrottlingException' }]);
  });

  test('results that the socket does not take are sent as larger batches', async () => {
    const { call } = serve(echo, {}, new TestCall(true));
    for (let id = 1; id <= 12; id++) {
      call.send({ id });
      await turns(1);
    }
    expect(call.frames).toHaveLength(8);
    call.release();
    await turns(1);
    expect(call.frames.map(({ results }) => results.length)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 4]);
  });
});

describe('the end of a stream', () => {
  test('comes when the client has ended and every result is written', async () => {
    const slow = Promise.withResolvers<Result>();
    const { call } = serve(() => slow.promise);
    call.send({ id: 1 });
    call.emit('end');
    await turns(3);
    expect(call.ended).toBe(false);
    slow.resolve({ id: 0, text: '' });
    await turns(3);
    expect(call.ended).toBe(true);
    expect(call.frames).toHaveLength(1);
  });

  test('a draining process says so at once, and still answers what comes', async () => {
    const { call, drain } = serve(echo);
    drain();
    expect(call.frames).toEqual([{ results: [], draining: true }]);
    call.send({ id: 1 });
    await turns(1);
    expect(call.frames[1]).toMatchObject({ results: [{ id: 1 }], draining: true });
  });

  test('a stream that opens while the process drains is told so', () => {
    const controller = new AbortController();
    controller.abort();
    const { call } = serve(echo, { signal: controller.signal });
    expect(call.frames).toEqual([{ results: [], draining: true }]);
  });

  test('results for a client that is gone go nowhere', async () => {
    const slow = Promise.withResolvers<Result>();
    const { call, drain } = serve(() => slow.promise);
    call.send({ id: 1 });
    call.emit('cancelled');
    slow.resolve({ id: 0, text: '' });
    drain();
    await turns(2);
    expect(call.frames).toEqual([]);
  });
});

describe('a process that is ready no more', () => {
  test('tells the client, once, to go elsewhere; what has come waits until it is ready again', async () => {
    let isReady = true;
    const { call } = serve(({ id, text }) => ({ id, text }), { isReady: () => isReady });
    const answered = (): number[] => call.frames.flatMap(({ results }) => results.map(({ id }) => id));
    call.send({ id: 1 });
    await nextTurn();
    isReady = false;
    call.send({ id: 2 });
    call.send({ id: 3 });
    call.emit('end');
    await sleep(50);
    expect(call.frames.filter(({ draining }) => draining)).toEqual([{ results: [], draining: true }]);
    expect([answered(), call.ended]).toEqual([[1], false]);
    isReady = true;
    await sleep(50);
    expect([answered(), call.ended]).toEqual([[1, 2, 3], true]);
  });

  test('one that does not become ready lets each item find out for itself', async () => {
    let isReady = true;
    const { call } = serve(() => fail('DependencyTimeoutException'), { isReady: () => isReady, holdMs: 1 });
    isReady = false;
    call.send({ id: 1, timeoutMs: 3000 });
    await sleep(50);
    expect(call.frames.at(-1)?.results).toEqual([{ id: 1, text: 'DependencyTimeoutException' }]);
  });

  test('what waits is not done when the client has gone', async () => {
    const done: number[] = [];
    let isReady = true;
    const { call } = serve(
      ({ id, text }) => {
        done.push(id);
        return { id, text };
      },
      { isReady: () => isReady },
    );
    isReady = false;
    call.send({ id: 1 });
    call.emit('cancelled');
    isReady = true;
    await sleep(50);
    expect(done).toEqual([]);
  });
});

describe('streams that share a process among accounts', () => {
  /** Streams with the same turns; the text of an item is its account. */
  const shared = (count: number) => {
    const order: string[] = [];
    const handle: Handle = ({ text }) => {
      order.push(text);
      return { id: 0, text };
    };
    const turns = new FairTurns();
    const streams = Array.from({ length: count }, () => serve(handle, { fair: { turns, accountOf: ({ text }) => text } }).call);
    return { order, turns, streams };
  };
  const flood = (items: number) => Array.from({ length: items }, (_, id) => ({ id, text: 'noisy' }));

  test('an account at full rate delays the first item of another by less than one turn, whichever stream it comes by', async () => {
    const { order, turns: queue, streams } = shared(3);
    for (const stream of streams) for (let batch = 0; batch < 8; batch++) stream.send(...flood(64));
    streams[0]!.send({ id: 1, text: 'quiet' });
    streams[2]!.send({ id: 2, text: 'quiet' });
    await turns(40);
    expect(order).toHaveLength(3 * 8 * 64 + 2);
    const places = order.flatMap((account, place) => (account === 'quiet' ? [place] : []));
    expect(Math.max(...places)).toBeLessThan(64 + 4);
    expect(queue.waiting).toBe(0);
  });

  test('what comes while there is time runs at once, without a queue', () => {
    const { order, streams } = shared(1);
    streams[0]!.send(...flood(10));
    expect(order).toHaveLength(10);
  });

  test('sockets are read between turns: a turn runs no more than a batch', async () => {
    const { order, streams } = shared(1);
    for (let batch = 0; batch < 4; batch++) streams[0]!.send(...flood(64));
    expect(order).toHaveLength(64);
    await nextTurn();
    expect(order).toHaveLength(128);
  });

  test('an item whose time passes in the queue is answered unexecuted; one whose client has gone is dropped', async () => {
    const { order, turns: queue, streams } = shared(2);
    streams[0]!.send(...flood(200));
    streams[0]!.send({ id: 900, text: 'late', timeoutMs: 1 });
    streams[1]!.send({ id: 1, text: 'gone' });
    streams[1]!.emit('cancelled');
    const until = performance.now() + 5;
    while (performance.now() < until); // the turn is busy
    await turns(10);
    expect(queue.waiting).toBe(0);
    expect(order).not.toContain('gone');
    expect(order).not.toContain('late');
    expect(streams[0]!.frames.flatMap(({ results }) => results)).toContainEqual({ id: 900, text: 'DependencyTimeoutException' });
  });
});
