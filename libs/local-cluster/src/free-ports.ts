import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the kernel's range for outgoing connections (32768…), so that no connection takes a port between choice and use. */
const FIRST_PORT = 20_000;
const LAST_PORT = 32_000;
const TRIES_PER_PORT = 50;

/** Whether nobody listens on this TCP port of 127.0.0.1 now. */
export async function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => {
      resolve(false);
    });
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      probe.close(() => {
        resolve(true);
      });
    });
  });
}

/** `count` different TCP ports of 127.0.0.1, free at the moment, none of `taken`. */
export async function freePorts(count: number, taken: ReadonlySet<number> = new Set()): Promise<number[]> {
  const chosen = new Set<number>();
  for (let tries = 0; chosen.size < count; tries++) {
    if (tries > count * TRIES_PER_PORT)
      throw new Error(`no ${String(count)} free ports between ${String(FIRST_PORT)} and ${String(LAST_PORT)}`);
    const port = randomInt(FIRST_PORT, LAST_PORT);
    if (chosen.has(port) || taken.has(port)) continue;
    if (await isPortFree(port)) chosen.add(port);
  }
  return [...chosen];
}

/** One free TCP port of 127.0.0.1. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  if (port === undefined) throw new Error('no free port');
  return port;
}
