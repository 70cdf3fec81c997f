import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { startNats, waitUntil, type TestNats } from '@trent/local-cluster';
import { connectNats, parseHostPort } from '../src/index.ts';
import { makeTestDeployment } from './test-runtime.ts';
import type { NatsSettings } from '../src/index.ts';
import type { TestDeployment } from './test-runtime.ts';

jest.setTimeout(60_000);

let deployment: TestDeployment;
let server: TestNats;
beforeAll(async () => {
  [deployment, server] = await Promise.all([makeTestDeployment(), startNats()]);
}, 60_000);
afterAll(async () => {
  await deployment[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

function settingsOf(user: 'policy' | 'key-metadata'): NatsSettings {
  return {
    natsServers: server.servers.map((address) => parseHostPort(address)!),
    natsUser: user,
    natsPasswordFile: server.as(user).passwordFile,
  };
}

test('a connection carries messages, is ready while connected, and drains with the runtime', async () => {
  const [writer, follower] = [await deployment.runtime('key-metadata'), await deployment.runtime('policy')];
  const publisher = await connectNats(settingsOf('key-metadata'), writer);
  const subscriber = await connectNats(settingsOf('policy'), follower);
  const received: string[] = [];
  subscriber.subscribe('trent.feed.keys.us-east-1.changes', {
    callback: (_error, message) => {
      received.push(message.string());
    },
  });
  await subscriber.flush();
  publisher.publish('trent.feed.keys.us-east-1.changes', 'hello');
  await waitUntil('the message', 5000, () => received.length > 0 || 'nothing yet');
  expect(received).toEqual(['hello']);
  expect(follower.notReady()).toEqual({});
  expect(follower.state()).toMatchObject({ nats: { connected: true } });
  await follower.drain();
  expect(subscriber.isClosed()).toBe(true);
});

test('a server that was killed is found again, and the process is not ready meanwhile', async () => {
  const runtime = await deployment.runtime('policy');
  const nats = await connectNats(settingsOf('policy'), runtime);
  const [first] = server.processes;
  await first!.kill();
  await waitUntil('the loss is seen', 10_000, () => runtime.notReady()['nats'] !== undefined || 'not yet');
  await first!.start();
  await waitUntil('it is back', 20_000, () => runtime.notReady()['nats'] === undefined || 'not yet');
  await nats.flush();
});

test('draining does not wait for a server that is gone', async () => {
  const runtime = await deployment.runtime('policy');
  await connectNats(settingsOf('policy'), runtime);
  const [first] = server.processes;
  await first!.kill();
  await waitUntil('the loss is seen', 10_000, () => runtime.notReady()['nats'] !== undefined || 'not yet');
  const startedAt = performance.now();
  await expect(runtime.drain()).resolves.toBe(true);
  expect(performance.now() - startedAt).toBeLessThan(5000);
});
