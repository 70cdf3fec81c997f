import { attachCluster, type TestCluster } from '@trent/local-cluster';

/** How the workers of jest, which inherit the environment, learn of the cluster. */
const VARIABLE = 'TRENT_TEST_CLUSTER';
let kept: TestCluster | undefined;

/** Remembers the cluster that this process has started. */
export function keepCluster(cluster: TestCluster): void {
  kept = cluster;
  process.env[VARIABLE] = cluster.dir;
}

/** Whether there is one already: started by whoever runs the tests again and again. */
export function hasCluster(): boolean {
  return process.env[VARIABLE] !== undefined;
}

/** The cluster that this process has started. */
export function keptCluster(): TestCluster | undefined {
  return kept;
}

/** The one-zone cluster of us-east-1 and eu-west-1 that all files of this layer share: leave it as healthy as it was. */
export function sharedCluster(): TestCluster {
  const dir = process.env[VARIABLE];
  if (dir === undefined) throw new Error('no cluster: this file runs in the e2e project of jest.config.ts');
  return attachCluster(dir);
}
