import { keptCluster } from './shared-cluster.ts';
import { stopSharedProxy } from './shared-xks-proxy.ts';

/** jest's globalTeardown: ends what start-cluster.ts has started. */
export default async function tearDown(): Promise<void> {
  await keptCluster()?.[Symbol.asyncDispose]();
  await stopSharedProxy();
}
