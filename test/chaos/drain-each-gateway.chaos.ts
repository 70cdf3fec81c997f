import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { waitUntil } from '@trent/local-cluster';
import type { TrentClient } from '@trent/client';
import { Caller } from '../e2e/fixtures/caller.ts';
import { aKey } from '../e2e/fixtures/keys.ts';
import { connectNative } from '../e2e/fixtures/native.ts';
import { sharedCluster } from '../e2e/shared-cluster.ts';

const MINUTE_MS = 60_000;
const CLIENTS = 3;
const LANES = 8;
const ITEMS_BETWEEN = 200;

let clients: TrentClient[];
beforeAll(() => {
  clients = Array.from({ length: CLIENTS }, () => connectNative());
});
afterAll(() => {
  for (const client of clients) client.close();
});

test(
  'a gateway that is asked to end (SIGTERM) costs no item of a batch stream: clients go on elsewhere',
  async () => {
    using caller = new Caller();
    const { id: keyId } = await aKey(caller);
    const cluster = sharedCluster();
    let [answered, running] = [0, true];
    const failures: unknown[] = [];
    const lane = async (client: TrentClient): Promise<void> => {
      while (running) {
        await client.batch.encrypt({ keyId, plaintext: Buffer.from('x') }).then(
          () => answered++,
          (error: unknown) => failures.push(error),
        );
      }
    };
    const lanes = clients.flatMap((client) => Array.from({ length: LANES }, () => lane(client)));
    const more = async (): Promise<void> => {
      const goal = answered + ITEMS_BETWEEN;
      await waitUntil('items answered', MINUTE_MS, () => answered >= goal || `${String(answered)} of ${String(goal)}`);
    };
    for (const { name, pid } of (await cluster.status()).processes) {
      if (!name.startsWith('gateway-') || pid === null) continue;
      await more();
      process.kill(pid, 'SIGTERM');
      await more();
      await waitUntil(`the next ${name}`, MINUTE_MS, async () => (await cluster.process(name)).pid !== pid || 'still the same');
      await cluster.healed();
    }
    running = false;
    await Promise.all(lanes);
    expect(failures).toEqual([]);
  },
  5 * MINUTE_MS,
);
