import { clusterAccess } from '../load/cluster-access.ts';
import { driveClosedLoop } from '../load/drive.ts';
import { openTarget, requestsOf } from '../load/open-target.ts';
import { parseMix } from '../load/operation-mix.ts';
import type { Target } from '../load/targets/target.ts';
import type { Workload } from '../load/workload.ts';
import type { GeneratorAnswer, GeneratorOrder } from './generator.ts';

/** The process behind `Generator`: opens one way into the cluster and runs closed loops on it, as told. It ends with its parent. */
const way: { target: Target | undefined; workload: Workload | undefined } = { target: undefined, workload: undefined };

async function obey(order: GeneratorOrder): Promise<GeneratorAnswer> {
  if (order.kind === 'open') {
    way.target = await openTarget(order.wire, clusterAccess(order.dir), order.workload.keys.SYMMETRIC_DEFAULT ?? '');
    way.workload = order.workload;
    return { kind: 'opened' };
  }
  if (way.target === undefined || way.workload === undefined) throw new Error('told to run before it was told where');
  const request = requestsOf(way.target, way.workload, parseMix(order.operation));
  const before = process.cpuUsage();
  const figures = await driveClosedLoop(order.inFlight, order.durationMs, request);
  const { user, system } = process.cpuUsage(before);
  return { kind: 'ran', figures, cpuSeconds: (user + system) / 1e6 };
}

process.on('message', (order) => {
  obey(order as GeneratorOrder).then(
    (answer) => process.send?.(answer),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.once('disconnect', () => process.exit());
