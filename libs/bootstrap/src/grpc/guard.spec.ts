import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import { feed } from '@trent/contracts';
import { makeTestDeployment } from '../../test/test-runtime.ts';
import { bind } from './binding.ts';
import { unary } from './call-context.ts';
import { Connections } from './connections.ts';
import { Guard } from './guard.ts';
import type { handleUnaryCall, ServerErrorResponse } from '@grpc/grpc-js';
import type { TestDeployment } from '../../test/test-runtime.ts';

let deployment: TestDeployment;
beforeEach(async () => {
  deployment = await makeTestDeployment();
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance'] });
});
afterEach(async () => {
  jest.useRealTimers();
  await deployment[Symbol.asyncDispose]();
});

function aCall(deadline: number): EventEmitter {
  return Object.assign(new EventEmitter(), {
    request: feed.RenewRequest.create(),
    metadata: { get: () => [] },
    cancelled: false,
    getPeer: () => '10.0.0.1:1',
    getPath: () => '/trent.feed.v1.FeedService/Renew',
    getDeadline: () => deadline,
    getAuthContext: () => ({ sslPeerCertificate: { subjectaltname: 'URI:spiffe://trent/service/policy' } }),
  });
}

async function guarded(): Promise<{ guard: Guard; renew: handleUnaryCall<unknown, unknown> }> {
  const guard = new Guard(await deployment.runtime('key-metadata'), new Connections('trent', ['service']), false);
  const { definition, implementation } = bind(feed.FeedServiceService, { renew: unary(() => new Promise(() => undefined)) });
  return { guard, renew: guard.guard(definition, implementation)['renew'] as handleUnaryCall<unknown, unknown> };
}

describe('a call whose handler never answers', () => {
  test('ends after 30 s when its caller named no deadline, and is open until then', async () => {
    const { guard, renew } = await guarded();
    const answers: (ServerErrorResponse | null)[] = [];
    renew(aCall(Infinity) as never, (error) => answers.push(error as ServerErrorResponse | null));
    jest.advanceTimersByTime(29_000);
    expect([answers.length, guard.active]).toEqual([0, 1]);
    jest.advanceTimersByTime(1_000);
    expect(answers[0]?.code).toBe(status.UNAVAILABLE);
    expect(guard.active).toBe(0);
  });

  test('is no longer open when its caller has gone', async () => {
    const { guard, renew } = await guarded();
    const call = aCall(Date.now() + 1000);
    renew(call as never, () => undefined);
    call.emit('cancelled');
    expect(guard.active).toBe(0);
  });
});

test('a method without a handler stops the start', async () => {
  const guard = new Guard(await deployment.runtime('key-metadata'), new Connections('trent', ['service']), false);
  expect(() => guard.guard(feed.FeedServiceService, {})).toThrow('/trent.feed.v1.FeedService/Renew has no handler');
});
