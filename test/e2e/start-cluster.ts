import { startCluster } from '@trent/local-cluster';
import { keepCluster } from './shared-cluster.ts';

/** jest's globalSetup of the outermost layer: one cluster for all its files. */
export default async function setUp(): Promise<void> {
  keepCluster(await startCluster());
}
