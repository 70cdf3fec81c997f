/** A writer as a process: changes come by IPC, renewals by gRPC. Started by `fork` with its Settings as the only argument. */
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import { feed } from '@trent/contracts';
import { asTrentError } from '@trent/errors';
import { connectTo, openItems, openItemWriter, raise, repeatable, type Settings } from './item-service.ts';

/** One change to make. */
export interface WriterOrder {
  readonly n: number;
  readonly id: string;
  readonly token?: string;
  readonly deadlineMs?: number;
}

const settings = JSON.parse(process.argv[2] ?? '') as Settings & { readonly port: number };
const db = openItems(settings.postgres, settings.name);
const nats = await connectTo(settings.nats);
const writer = await openItemWriter(db, nats);

const server = new Server();
server.addService(feed.FeedServiceService, {
  renew: ((call, callback) => {
    writer.renew(call.request).then(
      (response) => {
        callback(null, response);
      },
      (error: unknown) => {
        callback({ code: status.INTERNAL, details: String(error) });
      },
    );
  }) satisfies feed.FeedServiceServer['renew'],
});
await new Promise<void>((resolve, reject) => {
  server.bindAsync(`127.0.0.1:${String(settings.port)}`, ServerCredentials.createInsecure(), (error) => {
    if (error === null) resolve();
    else reject(error);
  });
});

process.on('message', (order: WriterOrder) => {
  void obey(order);
});
process.on('disconnect', () => process.exit(0));
process.send?.({ ready: true });

async function obey(order: WriterOrder): Promise<void> {
  const deadlineMs = order.deadlineMs ?? 8_000;
  const options = order.token === undefined ? { deadline: performance.now() + deadlineMs } : repeatable(order.token, deadlineMs);
  try {
    const answer = await writer.change(options, raise(order.id));
    process.send?.({ n: order.n, answer: Buffer.from(answer).toString() });
  } catch (error) {
    const { code, message } = asTrentError(error);
    process.send?.({ n: order.n, error: code, message });
  }
}
