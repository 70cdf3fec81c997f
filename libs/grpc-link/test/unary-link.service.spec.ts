import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { bind, clientCredentials, startGrpcServer, unary } from '@trent/bootstrap';
import { makeTestDeployment, waitUntil } from '@trent/bootstrap/testing';
import { feed } from '@trent/contracts';
import { fail } from '@trent/errors';
import { openUnaryLink } from '../src/index.ts';
import type { CallContext, Endpoint, ServiceRuntime } from '@trent/bootstrap';
import type { TestDeployment } from '@trent/bootstrap/testing';
import type { UnaryCallOptions, UnaryLink } from '../src/index.ts';

jest.setTimeout(60_000); // real handshakes, on a machine that may be busy

let deployment: TestDeployment;
const links: UnaryLink[] = [];
beforeAll(async () => {
  deployment = await makeTestDeployment();
});
afterEach(async () => {
  await Promise.all(links.splice(0).map((link) => link.close()));
});
afterAll(async () => {
  await deployment[Symbol.asyncDispose]();
});

const { renew } = feed.FeedServiceService;
const at = (port: number, zone = 'a'): Endpoint => ({ zone, host: '127.0.0.1', port });
const answer = (head: bigint): feed.RenewResponse => feed.RenewResponse.create({ head });

type Renew = (request: feed.RenewRequest, call: CallContext) => feed.RenewResponse | Promise<feed.RenewResponse>;

async function serve(handle: Renew, port = 0, drainMs = 1000): Promise<{ port: number; runtime: ServiceRuntime }> {
  const runtime = await deployment.runtime('key-metadata', { drainMs });
  const { ports } = await startGrpcServer(runtime, {
    listen: [{ host: '127.0.0.1', port, shared: false }],
    bindings: [bind(feed.FeedServiceService, { renew: unary(handle) })],
  });
  return { port: ports[0]!, runtime };
}

async function linkTo(...endpoints: readonly Endpoint[]): Promise<UnaryLink> {
  const identity = await deployment.identity('spiffe://trent/service/policy');
  const link = openUnaryLink({ name: 'key-metadata', endpoints, zone: 'a', credentials: clientCredentials(identity, 'key-metadata') });
  links.push(link);
  return link;
}

async function ask(link: UnaryLink, extra: Partial<UnaryCallOptions> & { readonly withinMs?: number } = {}): Promise<bigint> {
  const { withinMs = 20_000, ...rest } = extra;
  const request = feed.RenewRequest.create({ name: 'keys.us-east-1' });
  return (await link.call(renew, request, { deadline: performance.now() + withinMs, repeat: 'safe', ...rest })).head;
}

const readyCount = (link: UnaryLink): number =>
  (link.state() as { endpoints: { ready: boolean }[] }).endpoints.filter(({ ready }) => ready).length;
const allReady = (link: UnaryLink): Promise<void> =>
  waitUntil('all are connected', 20_000, () => readyCount(link) === link.endpoints().length || 'not yet');

describe('a unary link', () => {
  test('makes a call with its deadline', async () => {
    const remaining: number[] = [];
    const { port } = await serve((_request, call) => {
      remaining.push(call.deadline - performance.now());
      return answer(3n);
    });
    await expect(ask(await linkTo(at(port)), { withinMs: 9000 })).resolves.toBe(3n);
    expect(remaining[0]).toBeGreaterThan(3000);
    expect(remaining[0]).toBeLessThanOrEqual(9000);
  });

  test('throws what the other side said', async () => {
    const { port } = await serve(() => fail('DisabledException', 'no', { details: { member: 'KeyId' } }));
    await expect(ask(await linkTo(at(port)))).rejects.toMatchObject({
      code: 'DisabledException',
      message: 'no',
      details: { member: 'KeyId' },
    });
  });

  test('does not repeat what the other side has answered, retryable or not', async () => {
    let calls = 0;
    const { port } = await serve(() => {
      calls++;
      return fail('DependencyTimeoutException');
    });
    const link = await linkTo(at(port), at((await serve(() => answer(1n))).port, 'b'));
    await allReady(link);
    await expect(ask(link)).rejects.toMatchObject({ code: 'DependencyTimeoutException' });
    expect(calls).toBe(1);
  });

  test('says when the deadline has passed', async () => {
    const { port } = await serve(() => new Promise(() => undefined));
    const link = await linkTo(at(port));
    await allReady(link);
    await expect(ask(link, { withinMs: 100 })).rejects.toMatchObject({ code: 'DependencyTimeoutException' });
  });

  test('says within a second or so that no endpoint answers', async () => {
    const { port, runtime } = await serve(() => answer(1n));
    await runtime.drain();
    const link = await linkTo(at(port));
    await expect(ask(link)).rejects.toMatchObject({ code: 'KMSInternalException' });
    expect(link.ready()).toBe('no endpoint of key-metadata answers');
  });

  test('calls beyond the bound in flight are throttled', async () => {
    const { port } = await serve(() => new Promise(() => undefined));
    const link = await linkTo(at(port));
    await allReady(link);
    const calls = Array.from({ length: 513 }, () =>
      ask(link, { withinMs: 1500 }).catch((error: unknown) => (error as { code: string }).code),
    );
    const codes = await Promise.all(calls);
    expect(codes.filter((code) => code === 'ThrottlingException')).toHaveLength(1);
    expect(codes.filter((code) => code === 'DependencyTimeoutException')).toHaveLength(512);
  });

  test('waits for an endpoint that is about to come, and finds one that is back', async () => {
    const { port, runtime } = await serve(() => answer(1n));
    const link = await linkTo(at(port));
    await expect(ask(link)).resolves.toBe(1n);
    await runtime.drain();
    await waitUntil('the loss is seen', 5000, () => readyCount(link) === 0 || 'not yet');
    const later = ask(link);
    await serve(() => answer(2n), port);
    await expect(later).resolves.toBe(2n);
  });
});

describe('several endpoints', () => {
  test('the same zone comes first; a named endpoint is taken as asked', async () => {
    const near = await serve(() => answer(1n));
    const far = await serve(() => answer(2n));
    const link = await linkTo(at(far.port, 'b'), at(near.port, 'a'));
    await allReady(link);
    for (let call = 0; call < 5; call++) await expect(ask(link)).resolves.toBe(1n);
    await expect(ask(link, { endpoint: at(far.port, 'b') })).resolves.toBe(2n);
    expect(link.endpoints()).toEqual([at(far.port, 'b'), at(near.port, 'a')]);
  });

  test('calls without affinity use all of a zone, calls with one stay together', async () => {
    const servers = await Promise.all([1n, 2n, 3n].map((head) => serve(() => answer(head))));
    const link = await linkTo(...servers.map(({ port }) => at(port)));
    await allReady(link);
    const spread = new Set<bigint>();
    const together = new Set<bigint>();
    for (let call = 0; call < 60; call++) {
      spread.add(await ask(link));
      together.add(await ask(link, { affinity: 'key' }));
    }
    expect([spread.size, together.size]).toEqual([3, 1]);
  });

  test('a call that was on its way when its endpoint went is made once more elsewhere when it may be, and fails when not', async () => {
    const arrived = { safe: false, once: false };
    const victim = await serve(
      (request) => {
        arrived[request.follower as 'safe' | 'once'] = true;
        return new Promise(() => undefined);
      },
      0,
      300,
    );
    const other = await serve(() => answer(2n));
    const link = await linkTo(at(victim.port, 'a'), at(other.port, 'b'));
    await allReady(link);
    const call = (repeat: 'safe' | 'once'): Promise<feed.RenewResponse> =>
      link.call(renew, feed.RenewRequest.create({ follower: repeat }), { deadline: performance.now() + 20_000, repeat });
    const safe = call('safe');
    const once = call('once').catch((error: unknown) => (error as { code: string }).code);
    await waitUntil('both have arrived', 5000, () => (arrived.safe && arrived.once) || 'not yet');
    await victim.runtime.drain(); // gives up on the calls after its bound and closes
    await expect(safe).resolves.toMatchObject({ head: 2n });
    await expect(once).resolves.toBe('KMSInternalException');
  });
});
