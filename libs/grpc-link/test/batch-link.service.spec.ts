import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { clientCredentials } from '@trent/bootstrap';
import { makeTestDeployment, waitUntil } from '@trent/bootstrap/testing';
import { execute } from '@trent/contracts';
import { openBatchLink } from '../src/index.ts';
import { itemOf, resultOf, serveWorker } from './worker.ts';
import type { ChildProcess } from 'node:child_process';
import type { Endpoint, ServiceRuntime } from '@trent/bootstrap';
import type { TestDeployment } from '@trent/bootstrap/testing';
import type { BatchLink, CallOptions, Resolve } from '../src/index.ts';
import type { Work } from './worker.ts';

jest.setTimeout(60_000); // real handshakes and processes, on a machine that may be busy

type Link = BatchLink<execute.ExecuteItem, execute.ExecuteResult>;

let deployment: TestDeployment;
const links: Link[] = [];
const processes: ChildProcess[] = [];
beforeAll(async () => {
  deployment = await makeTestDeployment();
});
afterEach(async () => {
  await Promise.all(links.splice(0).map((link) => link.close()));
  for (const child of processes.splice(0)) child.kill('SIGKILL');
});
afterAll(async () => {
  await deployment[Symbol.asyncDispose]();
});

const at = (port: number, zone = 'a'): Endpoint => ({ zone, host: '127.0.0.1', port });

async function linkTo(endpoints: readonly Endpoint[], resolve?: Resolve): Promise<Link> {
  const identity = await deployment.identity('spiffe://trent/service/gateway');
  const link = openBatchLink({
    name: 'crypto-worker',
    method: execute.ExecuteServiceService.execute,
    endpoints,
    zone: 'a',
    credentials: clientCredentials(identity, 'crypto-worker'),
    ...(resolve && { resolve }),
  });
  links.push(link);
  return link;
}

async function aWorker(work: Work, onBatch?: (items: number) => void): Promise<{ port: number; runtime: ServiceRuntime }> {
  const runtime = await deployment.runtime('crypto-worker');
  return { runtime, port: await serveWorker(runtime, work, 0, onBatch) };
}

interface WorkerProcess {
  readonly child: ChildProcess;
  readonly port: number;
  readonly got: string[];
}

async function aWorkerProcess(port = 0): Promise<WorkerProcess> {
  const { cert, key, ca } = await deployment.files('crypto-worker');
  const child = fork(fileURLToPath(new URL('./worker-process.ts', import.meta.url)), [cert, key, ca, String(port)]);
  processes.push(child);
  const got: string[] = [];
  const [message] = (await once(child, 'message')) as [{ port: number }];
  child.on('message', (said: { got: string }) => got.push(said.got));
  return { child, port: message.port, got };
}

function options(extra: Partial<CallOptions> & { readonly withinMs?: number } = {}): CallOptions {
  const { withinMs = 20_000, ...rest } = extra;
  return { affinity: 'key', deadline: performance.now() + withinMs, repeat: 'safe', lane: 'fast', ...rest };
}

const ask = async (link: Link, text: string, extra: Parameters<typeof options>[0] = {}): Promise<string> =>
  (await link.call(itemOf(text), options(extra))).output.toString();

const isReady = (link: Link): Promise<void> => waitUntil('the link is ready', 20_000, () => link.ready());
const openStreams = (link: Link): number =>
  (link.state() as { streams: { state: string }[] }).streams.filter(({ state }) => state === 'open').length;

describe('a link', () => {
  test('carries a call and its result, and calls of one turn as one message', async () => {
    const batches: number[] = [];
    const { port } = await aWorker(
      (item) => resultOf(item.input.toString().toUpperCase()),
      (items) => batches.push(items),
    );
    const link = await linkTo([at(port)]);
    await isReady(link);
    const texts = Array.from({ length: 100 }, (_, index) => `call ${String(index)}`);
    await expect(Promise.all(texts.map((text) => ask(link, text)))).resolves.toEqual(texts.map((text) => text.toUpperCase()));
    expect(batches).toEqual([64, 36]);
  });

  test('tells the other side how much time is left', async () => {
    const seen: number[] = [];
    const { port } = await aWorker((item) => {
      seen.push(item.timeoutMs);
      return resultOf('');
    });
    const link = await linkTo([at(port)]);
    await isReady(link);
    await ask(link, 'x', { withinMs: 5000 });
    await ask(link, 'x', { deadline: Infinity });
    expect(seen[0]).toBeGreaterThan(4000);
    expect(seen[0]).toBeLessThanOrEqual(5000);
    expect(seen[1]).toBe(3_600_000);
  });

  test('waits for an endpoint that is about to come', async () => {
    const { port, runtime } = await aWorker(() => resultOf('first'));
    await runtime.drain();
    const link = await linkTo([at(port)]);
    const answer = ask(link, 'x');
    const again = await deployment.runtime('crypto-worker');
    await serveWorker(again, () => resultOf('here'), port);
    await expect(answer).resolves.toBe('here');
  });

  test('says within a second or so that no endpoint answers', async () => {
    const { port, runtime } = await aWorker(() => resultOf(''));
    await runtime.drain();
    const link = await linkTo([at(port)]);
    await expect(ask(link, 'x')).rejects.toMatchObject({ code: 'KMSInternalException' });
    expect(link.ready()).toMatch(/^no endpoint of crypto-worker answers: .+/);
  });

  test('does not talk to a server that is another service', async () => {
    const policy = await deployment.runtime('policy');
    const port = await serveWorker(policy, () => resultOf('I am policy'));
    const link = await linkTo([at(port)]);
    await expect(ask(link, 'x')).rejects.toMatchObject({ code: 'KMSInternalException' });
    expect(link.ready()).toMatch(/expected spiffe:\/\/trent\/service\/crypto-worker/);
  });

  test('closes when the calls in flight are answered, and takes no more', async () => {
    const { promise, resolve } = Promise.withResolvers<execute.ExecuteResult>();
    const { port } = await aWorker(() => promise);
    const link = await linkTo([at(port)]);
    await isReady(link);
    const answer = ask(link, 'x');
    await waitUntil('in flight', 5000, () => JSON.stringify(link.state()).includes('"inFlight":1') || 'not yet');
    const closed = link.close();
    resolve(resultOf('last'));
    await expect(answer).resolves.toBe('last');
    await closed;
    await expect(ask(link, 'x')).rejects.toMatchObject({ code: 'KMSInternalException' });
  });
});

describe('deadlines and overload', () => {
  test('a call past its deadline fails, though the other side is still at it', async () => {
    const { port } = await aWorker(() => new Promise(() => undefined));
    const link = await linkTo([at(port)]);
    await isReady(link);
    const startedAt = performance.now();
    await expect(ask(link, 'x', { withinMs: 100 })).rejects.toMatchObject({ code: 'DependencyTimeoutException' });
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  test('an item past its deadline is dropped before it is sent', async () => {
    let executed = 0;
    const { port } = await aWorker(() => resultOf(String(++executed)));
    const link = await linkTo([at(port)]);
    await isReady(link);
    await expect(ask(link, 'late', { withinMs: -1 })).rejects.toMatchObject({ code: 'DependencyTimeoutException' });
    expect(executed).toBe(0);
  });

  test('calls that wait for credit for 100 ms are throttled, those in flight go on', async () => {
    const { promise, resolve } = Promise.withResolvers<execute.ExecuteResult>();
    const { port } = await aWorker(async () => execute.ExecuteResult.create({ output: (await promise).output }));
    const link = await linkTo([at(port)]);
    await isReady(link);
    const calls = Array.from({ length: 600 }, () => ask(link, 'x').catch((error: unknown) => (error as { code: string }).code));
    await Promise.race(calls.slice(512));
    resolve(resultOf('done'));
    const outcomes = await Promise.all(calls);
    expect(outcomes.slice(0, 512).every((outcome) => outcome === 'done')).toBe(true);
    expect(outcomes.slice(512).every((outcome) => outcome === 'ThrottlingException')).toBe(true);
  });

  test('calls beyond the bound of the queue are throttled at once', async () => {
    const { port } = await aWorker(() => new Promise(() => undefined));
    const link = await linkTo([at(port)]);
    await isReady(link);
    const calls = Array.from({ length: 512 + 1024 + 1 }, () => ask(link, 'x', { withinMs: 400 }));
    calls.slice(0, -1).forEach((call) => void call.catch(() => undefined));
    await expect(calls.at(-1)).rejects.toMatchObject({ code: 'ThrottlingException' });
  });

  test('slow calls have a credit of their own and never hold a fast one', async () => {
    const { port } = await aWorker((item) => (item.input.toString() === 'slow' ? new Promise(() => undefined) : resultOf('fast')));
    const link = await linkTo([at(port)]);
    await isReady(link);
    const slow = Array.from({ length: 100 }, () =>
      ask(link, 'slow', { lane: 'slow', withinMs: 3000 }).catch((error: unknown) => (error as { code: string }).code),
    );
    await expect(ask(link, 'x')).resolves.toBe('fast');
    const outcomes = await Promise.all(slow);
    expect(outcomes.filter((code) => code === 'ThrottlingException')).toHaveLength(36);
    expect(outcomes.filter((code) => code === 'DependencyTimeoutException')).toHaveLength(64);
  });
});

describe('several endpoints', () => {
  test('the same zone comes first, and others take over when it is gone', async () => {
    const near = await aWorker(() => resultOf('a'));
    const far = await aWorker(() => resultOf('b'));
    const link = await linkTo([at(far.port, 'b'), at(near.port, 'a')]);
    await waitUntil('both are open', 20_000, () => openStreams(link) === 2 || 'not yet');
    const many = (): Promise<string[]> =>
      Promise.all(Array.from({ length: 20 }, (_, index) => ask(link, 'x', { affinity: String(index) })));
    expect(new Set(await many())).toEqual(new Set(['a']));
    await near.runtime.drain();
    expect(new Set(await many())).toEqual(new Set(['b']));
  });

  test('a process that is not ready gets no calls until it is', async () => {
    const near = await aWorker(() => resultOf('a'));
    const far = await aWorker(() => resultOf('b'));
    let ready = false;
    near.runtime.readiness('lease', () => ready || 'no lease');
    const link = await linkTo([at(near.port, 'a'), at(far.port, 'b')]);
    await expect(ask(link, 'x')).resolves.toBe('b');
    ready = true;
    await waitUntil('both are open', 20_000, () => openStreams(link) === 2 || 'not yet');
    await expect(ask(link, 'x')).resolves.toBe('a');
  });

  test('a key stays with its endpoint, and keys spread', async () => {
    const workers = await Promise.all(['one', 'two', 'three'].map((name) => aWorker(() => resultOf(name))));
    const link = await linkTo(workers.map(({ port }) => at(port)));
    await waitUntil('all are open', 20_000, () => openStreams(link) === 3 || 'not yet');
    const homes = new Set<string>();
    for (let key = 0; key < 40; key++) {
      const first = await ask(link, 'x', { affinity: String(key) });
      expect(await ask(link, 'x', { affinity: String(key) })).toBe(first);
      homes.add(first);
    }
    expect(homes.size).toBe(3);
  });

  test('an endpoint that has been silent with work in hand gets no more', async () => {
    const silent = await aWorker(() => new Promise(() => undefined));
    const lively = await aWorker(() => resultOf('lively'));
    const link = await linkTo([at(silent.port, 'a'), at(lively.port, 'b')]);
    await waitUntil('both are open', 20_000, () => openStreams(link) === 2 || 'not yet');
    await expect(ask(link, 'x', { withinMs: 600 })).rejects.toMatchObject({ code: 'DependencyTimeoutException' });
    await expect(ask(link, 'x')).resolves.toBe('lively');
  });

  test('a name is resolved to its addresses', async () => {
    const worker = await aWorker(() => resultOf('found'));
    const resolve: Resolve = (host) => Promise.resolve(host === 'workers' ? ['127.0.0.1'] : []);
    const link = await linkTo([{ zone: '', host: 'workers', port: worker.port, dns: true }], resolve);
    await expect(ask(link, 'x')).resolves.toBe('found');
  });
});

describe('an endpoint that drains', () => {
  test('answers what it has, gets nothing new, and no call is lost', async () => {
    const first = await aWorkerProcess();
    const second = await aWorkerProcess();
    const link = await linkTo([at(first.port), at(second.port)]);
    await waitUntil('both are open', 20_000, () => openStreams(link) === 2 || 'not yet');
    let running = true;
    let answered = 0;
    const caller = async (index: number): Promise<void> => {
      while (running) {
        await ask(link, 'x', { affinity: String(index), repeat: 'once' });
        answered++;
      }
    };
    const callers = Array.from({ length: 20 }, (_, index) => caller(index));
    await waitUntil('calls flow', 10_000, () => answered > 200 || 'not yet');
    first.child.kill('SIGTERM');
    const [status] = (await once(first.child, 'exit')) as [number];
    const before = answered;
    await waitUntil('calls still flow', 10_000, () => answered > before + 200 || 'not yet');
    running = false;
    await expect(Promise.all(callers)).resolves.toHaveLength(20);
    expect(status).toBe(0);
  });
});

describe('an endpoint that is killed', () => {
  test('its calls are made once more elsewhere when they may be, and fail when not', async () => {
    const victim = await aWorkerProcess();
    const other = await aWorker(() => resultOf('other'));
    const link = await linkTo([at(victim.port, 'a'), at(other.port, 'b')]);
    await waitUntil('both are open', 20_000, () => openStreams(link) === 2 || 'not yet');
    const safe = Array.from({ length: 50 }, () => ask(link, 'hold, safe'));
    const once = Array.from({ length: 5 }, () =>
      ask(link, 'hold, once', { repeat: 'once' }).catch((error: unknown) => (error as { code: string }).code),
    );
    await waitUntil('all have arrived', 10_000, () => victim.got.length === 55 || `${String(victim.got.length)} have`);
    victim.child.kill('SIGKILL');
    await expect(Promise.all(safe)).resolves.toEqual(Array.from({ length: 50 }, () => 'other'));
    await expect(Promise.all(once)).resolves.toEqual(Array.from({ length: 5 }, () => 'KMSInternalException'));
  });

  test('a call is made twice at most, and only as many as the budget allows', async () => {
    const first = await aWorkerProcess();
    const second = await aWorkerProcess();
    const link = await linkTo([at(first.port, 'a'), at(second.port, 'b')]);
    await waitUntil('both are open', 20_000, () => openStreams(link) === 2 || 'not yet');
    const calls = Array.from({ length: 300 }, () => ask(link, 'hold').catch((error: unknown) => (error as { code: string }).code));
    await waitUntil('all have arrived', 10_000, () => first.got.length === 300 || 'not yet');
    first.child.kill('SIGKILL');
    await waitUntil('some are made again', 10_000, () => second.got.length >= 158 || `${String(second.got.length)} are`);
    second.child.kill('SIGKILL');
    await expect(Promise.all(calls)).resolves.toEqual(Array.from({ length: 300 }, () => 'KMSInternalException'));
    expect(second.got).toHaveLength(158); // 128 to begin with, and a tenth of 300
  });

  test('is taken up again when it is back', async () => {
    const first = await aWorkerProcess();
    const link = await linkTo([at(first.port)]);
    await expect(ask(link, 'x')).resolves.toBe(`x by ${String(first.child.pid)}`);
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    const second = await aWorkerProcess(first.port);
    await isReady(link);
    await expect(ask(link, 'x')).resolves.toBe(`x by ${String(second.child.pid)}`);
  });
});
