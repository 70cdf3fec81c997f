import { startCluster } from '@trent/local-cluster';
import { hasCluster, keepCluster } from '../e2e/shared-cluster.ts';

/** jest's globalSetup of this layer: the cluster of the end-to-end tests, on an HSM that carries Ed25519, ML-DSA and ML-KEM. */
export default async function setUp(): Promise<void> {
  if (!hasCluster()) keepCluster(await startCluster({ regions: ['us-east-1', 'eu-west-1'], hsm: 'softokn' }));
}
