import { bind, startGrpcServer } from '@trent/bootstrap';
import { execute } from '@trent/contracts';
import { batchStream, serveBatchStream } from '@trent/stream-batcher';
import type { ServiceRuntime } from '@trent/bootstrap';

/** What a worker of a test does with an item. */
export type Work = (item: execute.ExecuteItem) => execute.ExecuteResult | Promise<execute.ExecuteResult>;

/** A result that carries a text. */
export function resultOf(text: string): execute.ExecuteResult {
  return execute.ExecuteResult.create({ output: Buffer.from(text) });
}

/** An item that carries a text. */
export function itemOf(text: string): execute.ExecuteItem {
  return execute.ExecuteItem.create({ operation: 'kms.Encrypt', input: Buffer.from(text) });
}

/** Serves ExecuteService with a function of the test. */
export async function serveWorker(runtime: ServiceRuntime, work: Work, port = 0, onBatch?: (items: number) => void): Promise<number> {
  const { ports } = await startGrpcServer(runtime, {
    listen: [{ host: '127.0.0.1', port, shared: false }],
    bindings: [
      bind(execute.ExecuteServiceService, {
        execute: batchStream((call) =>
          serveBatchStream(call, work, {
            signal: runtime.signal,
            isReady: runtime.isReady,
            onError: (_item, error) => resultOf(`failed: ${String(error)}`),
            ...(onBatch && { onBatch }),
          }),
        ),
      }),
    ],
  });
  return ports[0] ?? 0;
}
