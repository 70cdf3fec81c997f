import { Metadata, type handleUnaryCall, type ServerErrorResponse } from '@grpc/grpc-js';
import { contextOf } from '@trent/bootstrap';
import { asTrentError, type TrentError } from '@trent/errors';
import { newRequestId, type RandomBytes } from '@trent/identifiers';

import type { Ask } from '../ask.ts';
import type { OperationPlan } from '../operations/operation-plan.ts';
import type { RequestMeter } from '../request-meter.ts';
import { wipe } from '../http/wipe.ts';
import { invocationOf, nativeAsk, readNativeCall } from './native-call.ts';

/** What answering native calls needs. */
export interface NativeFace {
  readonly regions: readonly string[];
  readonly handle: (ask: Ask) => Promise<Buffer>;
  readonly meter: RequestMeter;
  readonly random: RandomBytes;
  /** `performance.now()` */
  readonly clock: () => number;
}

/** Initial metadata with the request id, as HTTP's header of that name. */
export const REQUEST_ID_KEY = 'x-amzn-requestid';

/** The handler of one operation; request and answer are the messages' bytes. The server turns a TrentError into a status with details. */
export function unaryHandler(face: NativeFace, plan: OperationPlan): handleUnaryCall<Buffer, Buffer> {
  return (call, callback) => {
    const requestId = newRequestId(face.random);
    const answer = (error: TrentError | undefined, output: Buffer | null): void => {
      face.meter.answered({ wire: 'grpc', operation: plan.operation.name, requestId, error });
      const metadata = new Metadata();
      metadata.set(REQUEST_ID_KEY, requestId);
      call.sendMetadata(metadata);
      callback((error ?? null) as ServerErrorResponse | null, output);
    };
    let ask: Ask;
    try {
      const now = face.clock();
      const native = readNativeCall(call, face.regions);
      const clientMs = contextOf(call).deadline - now;
      ask = nativeAsk(native, plan, {
        requestId,
        invocationId: invocationOf(call.metadata, requestId),
        input: call.request,
        now,
        clientMs,
      });
    } catch (error) {
      answer(asTrentError(error), null);
      return;
    }
    face.handle(ask).then(
      (output) => {
        answer(undefined, output);
        if (plan.isCrypto) wipe(ask.input);
      },
      (error: unknown) => answer(asTrentError(error), null),
    );
  };
}
