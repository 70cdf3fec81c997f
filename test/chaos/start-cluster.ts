import { startCluster } from '@trent/local-cluster';
import { hasCluster, keepCluster } from '../e2e/shared-cluster.ts';

/** jest's globalSetup of the chaos layer: three of everything. TRENT_TEST_CLUSTER may name a cluster that runs already. */
export default async function setUp(): Promise<void> {
  if (!hasCluster()) keepCluster(await startCluster({ zones: 3 }));
}
