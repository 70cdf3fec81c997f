import type { ServerDuplexStream } from '@grpc/grpc-js';
import { toErrorDetail, toServiceError } from '@trent/bootstrap';
import { asTrentError, trentError, type TrentError } from '@trent/errors';
import { newRequestId } from '@trent/identifiers';
import { serveBatchStream } from '@trent/stream-batcher';

import { CRYPTO_DEADLINE_MS } from '../ask.ts';
import { wipe } from '../http/wipe.ts';
import type { OperationPlan } from '../operations/operation-plan.ts';
import type { RawItem, RawResult } from './batch-codec.ts';
import { nativeAsk, readNativeCall, type NativeCall } from './native-call.ts';
import type { NativeFace } from './unary.ts';

/** Items of one stream on the road at once: sixteen full batches. */
const MAX_IN_FLIGHT = 1024;
const NO_BYTES = Buffer.alloc(0);

type RawStream = ServerDuplexStream<{ items: RawItem[] }, { results: RawResult[]; draining: boolean }>;

/** Serves a batch stream: each item goes down the road by itself, with its own request id, deadline, decision, record and answer. */
export function batchHandler(face: NativeFace, plans: ReadonlyMap<number, OperationPlan>, signal: AbortSignal): (call: RawStream) => void {
  return (call) => {
    let native: NativeCall;
    try {
      native = readNativeCall(call, face.regions);
    } catch (error) {
      face.meter.answered({ wire: 'batch', operation: 'kms.Batch', requestId: '', error: asTrentError(error) });
      call.emit('error', toServiceError(error));
      return;
    }
    serveBatchStream<RawItem, RawResult>(call, (item, { deadline }) => handleItem(face, native, plans.get(item.field), item, deadline), {
      signal,
      maxInFlight: MAX_IN_FLIGHT,
      defaultTimeoutMs: CRYPTO_DEADLINE_MS,
      sizeOf: (result) => result.output.length + RESULT_OVERHEAD_BYTES,
      onError: (item, error) => answerOf(face, plans.get(item.field), item, newRequestId(face.random), asTrentError(error)),
    });
  };
}

/** Tags, id and request id of a result. */
const RESULT_OVERHEAD_BYTES = 60;

async function handleItem(
  face: NativeFace,
  native: NativeCall,
  plan: OperationPlan | undefined,
  item: RawItem,
  deadline: number,
): Promise<RawResult> {
  const requestId = newRequestId(face.random);
  if (plan === undefined) return answerOf(face, plan, item, requestId, trentError('UnknownOperationException'));
  try {
    const now = face.clock();
    const ask = nativeAsk(native, plan, { requestId, invocationId: requestId, input: item.input, now, clientMs: deadline - now });
    const output = await face.handle(ask);
    wipe(item.input);
    return answerOf(face, plan, item, requestId, undefined, output);
  } catch (error) {
    return answerOf(face, plan, item, requestId, asTrentError(error));
  }
}

function answerOf(
  face: NativeFace,
  plan: OperationPlan | undefined,
  { id, field }: RawItem,
  requestId: string,
  error: TrentError | undefined,
  output: Buffer = NO_BYTES,
): RawResult {
  face.meter.answered({ wire: 'batch', operation: plan?.operation.name ?? 'unknown', requestId, error });
  return { id, requestId, field, output, error: error && toErrorDetail(error) };
}
