import type { ClusterAccess } from './cluster-access.ts';
import type { DoRequest } from './drive.ts';
import type { OperationMix } from './operation-mix.ts';
import { openHttps } from './targets/https.ts';
import { openBatch, openUnary } from './targets/native.ts';
import type { Target } from './targets/target.ts';
import { openWorker } from './targets/worker.ts';
import { prepareRequests, type PreparedRequest, type Workload } from './workload.ts';

/** Wires of the tools: HTTPS with SigV4, the native API by call and by stream, and the worker's own door. */
export const wires = ['https', 'unary', 'batch', 'worker'] as const;
export type Wire = (typeof wires)[number];

/** Opens a way into the cluster. */
export async function openTarget(wire: Wire, access: ClusterAccess, keyArn: string): Promise<Target> {
  switch (wire) {
    case 'https':
      return openHttps(access.https);
    case 'unary':
      return openUnary(access.native);
    case 'batch':
      return openBatch(access.native);
    case 'worker':
      return openWorker(access.worker, keyArn);
  }
}

/** The requests of a mix, one after another, each operation going round its own prepared ones. */
export function requestsOf(target: Target, workload: Workload, mix: OperationMix): DoRequest {
  const prepared = new Map(mix.names.map((name) => [name, { requests: prepareRequests(workload, name), next: 0 }]));
  return (n) => {
    const ring = prepared.get(mix.at(n));
    if (ring === undefined) throw new Error('the mix names what was not prepared');
    const request = ring.requests[ring.next++ % ring.requests.length] as PreparedRequest;
    return target.send(request);
  };
}
