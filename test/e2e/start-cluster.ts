import { startCluster } from '@trent/local-cluster';
import { hasCluster, keepCluster } from './shared-cluster.ts';
import { startSharedProxy } from './shared-xks-proxy.ts';

/**
 * jest's globalSetup of the outermost layer: one cluster for all its files. Two regions, because a region is a wall; one zone is enough here; and a proxy of an external
 * key manager, which the cluster's operator allows.
 * Where TRENT_TEST_CLUSTER names the folder of a cluster that runs, that one is used and left running.
 */
export default async function setUp(): Promise<void> {
  if (hasCluster()) return;
  await startSharedProxy();
  keepCluster(await startCluster({ regions: ['us-east-1', 'eu-west-1'] }));
}
