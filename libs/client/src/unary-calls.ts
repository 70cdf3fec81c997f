import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Metadata } from '@grpc/grpc-js';
import { type Client, type ClientUnaryCall, type MethodDefinition, type ServiceError } from '@grpc/grpc-js';
import { fromServiceError } from '@trent/bootstrap/error-status';
import { DEFAULT_TIMEOUT_MS, MAX_ATTEMPTS, mayHelpToRepeat, pauseBefore, type CallOptions } from './call-options.ts';
import { completing, type Complete, type Input } from './complete-request.ts';
import { rememberRequestId } from './request-ids.ts';

/** The unary methods of a service definition as functions that return promises. */
export type UnaryCalls<Definition> = {
  readonly [Name in keyof Definition as Definition[Name] extends { requestStream: false; responseStream: false } ? Name : never]: UnaryCall<
    Definition[Name]
  >;
};

type UnaryCall<Method> =
  Method extends MethodDefinition<infer Request, infer Response>
    ? (input?: Input<Request>, options?: CallOptions) => Promise<Response>
    : never;

/** Initial metadata with the request id. */
const REQUEST_ID_KEY = 'x-amzn-requestid';
/** Names a call, however many attempts it takes: a change that is attempted twice is made once. */
const INVOCATION_KEY = 'amz-sdk-invocation-id';

/** Makes the calls of one service, by its definition. */
export function unaryCalls<Definition extends object>(client: Client, definition: Definition, metadata: Metadata): UnaryCalls<Definition> {
  const calls = Object.entries(definition as Readonly<Record<string, MethodDefinition<object, object>>>)
    .filter(([, method]) => !method.requestStream && !method.responseStream)
    .map(([name, method]) => [name, unaryCall(client, method, completing(method.requestDeserialize), metadata)] as const);
  return Object.fromEntries(calls) as UnaryCalls<Definition>;
}

function unaryCall(
  client: Client,
  method: MethodDefinition<object, object>,
  complete: Complete<object>,
  common: Metadata,
): (input?: Input<object>, options?: CallOptions) => Promise<object> {
  return async (input = {}, { timeoutMs = DEFAULT_TIMEOUT_MS, signal } = {}) => {
    const request = complete(input);
    const deadline = performance.now() + timeoutMs;
    const metadata = common.clone();
    metadata.set(INVOCATION_KEY, randomUUID());
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted();
      try {
        return await callOnce(client, method, request, metadata, deadline);
      } catch (thrown) {
        const error = fromServiceError(thrown);
        const pauseMs = pauseBefore(attempt, error);
        if (attempt >= MAX_ATTEMPTS || !mayHelpToRepeat(error) || performance.now() + pauseMs >= deadline) throw error;
        await delay(pauseMs, undefined, signal === undefined ? {} : { signal });
      }
    }
  };
}

function callOnce(
  client: Client,
  method: MethodDefinition<object, object>,
  request: object,
  metadata: Metadata,
  deadline: number,
): Promise<object> {
  return new Promise((resolve, reject) => {
    let requestId = '';
    const remember = <Outcome extends object>(outcome: Outcome): Outcome => {
      if (requestId !== '') rememberRequestId(outcome, requestId);
      return outcome;
    };
    const answered = (failure: ServiceError | null, response: object = {}): void => {
      if (failure === null) resolve(remember(response));
      else reject(remember(fromServiceError(failure)));
    };
    const options = { deadline: Date.now() + Math.max(1, deadline - performance.now()) };
    const { path, requestSerialize, responseDeserialize } = method;
    const call: ClientUnaryCall = client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      metadata,
      options,
      answered,
    );
    call.on('metadata', (initial: Metadata) => {
      requestId = String(initial.get(REQUEST_ID_KEY)[0] ?? '');
    });
  });
}
