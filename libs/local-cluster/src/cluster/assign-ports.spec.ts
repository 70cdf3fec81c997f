import { createServer, type AddressInfo, type Server } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { freePorts, isPortFree } from '../free-ports.ts';
import { assignPorts, portNames, serviceInstances } from './assign-ports.ts';

async function takenPort(): Promise<AsyncDisposable & { readonly port: number }> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { port, [Symbol.asyncDispose]: async () => new Promise((resolve) => server.close(() => resolve())) };
}

describe('the ports of a cluster', () => {
  test('are different for every name and free', async () => {
    const names = portNames(['a', 'b', 'c'], ['us-east-1', 'eu-west-1']);
    const ports = Object.values(await assignPorts(names, {}, undefined));
    expect(new Set(ports).size).toBe(names.length + 2);
    expect(await Promise.all(ports.map(isPortFree))).not.toContain(false);
  });

  test('are remembered while they are free, and replaced when another program has them', async () => {
    await using taken = await takenPort();
    const [free = 0] = await freePorts(1);
    const ports = await assignPorts(['x.grpc', 'y.grpc'], { 'x.grpc': free, 'y.grpc': taken.port }, undefined);
    expect(ports['x.grpc']).toBe(free);
    expect(ports['y.grpc']).not.toBe(taken.port);
  });

  test('the HTTPS port asked for is given, with gRPC next to it, or refused in one line', async () => {
    await using taken = await takenPort();
    const [asked = 0] = await freePorts(1);
    expect(await assignPorts([], {}, asked)).toMatchObject({ 'shared.https': asked });
    await expect(assignPorts([], {}, taken.port)).rejects.toThrow(
      `port ${String(taken.port)} is taken by another program: choose one with --port`,
    );
  });
});

test('a crypto worker serves one region, every other process all of them', () => {
  const names = serviceInstances(['a'], ['us-east-1', 'eu-west-1']);
  expect(names).toEqual([
    'gateway-a',
    'policy-a',
    'key-metadata-a',
    'crypto-worker-a',
    'crypto-worker-eu-west-1-a',
    'audit-ingest-a',
    'key-store-a',
  ]);
});
