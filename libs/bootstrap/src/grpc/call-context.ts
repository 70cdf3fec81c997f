import { anonymous } from '../tls/spiffe-id.ts';
import type { EventEmitter } from 'node:events';
import type { Deadline, handleUnaryCall, Metadata, ServerErrorResponse, ServerUnaryCall } from '@grpc/grpc-js';
import type { Caller } from '../tls/spiffe-id.ts';

/** What a handler may know of the call it answers. */
export interface CallContext {
  readonly caller: Caller;
  /** When the answer is no longer of use, in milliseconds of `performance.now()`. */
  readonly deadline: number;
  /** Aborts when the caller has gone or the deadline has passed. */
  readonly signal: AbortSignal;
  readonly metadata: Metadata;
  /** Address and port of the other side. */
  readonly peer: string;
  /** `/trent.feed.v1.FeedService/Renew`. */
  readonly path: string;
}

/** Longest that a call may take whose caller named no deadline. */
export const DEFAULT_DEADLINE_MS = 30_000;

interface AnyCall extends EventEmitter {
  readonly metadata: Metadata;
  readonly cancelled: boolean;
  getPeer(): string;
  getPath(): string;
  getDeadline(): Deadline;
}

const callerKey = Symbol('caller');

/** Notes on a call who makes it; the server does so before any handler runs. */
export function setCaller(call: object, caller: Caller): void {
  (call as { [callerKey]?: Caller })[callerKey] = caller;
}

/** Who makes a call that came through a server of ours; nobody for any other object. */
export function callerOf(call: object): Caller {
  return (call as { [callerKey]?: Caller })[callerKey] ?? anonymous;
}

/** Makes a handler of a unary method from a function that returns the answer or throws. */
export function unary<Request, Response>(
  handle: (request: Request, call: CallContext) => Response | Promise<Response>,
): handleUnaryCall<Request, Response> {
  return (call: ServerUnaryCall<Request, Response>, callback) => {
    new Promise<Response>((resolve) => resolve(handle(call.request, contextOf(call)))).then(
      (answer) => callback(null, answer),
      (error: unknown) => callback(error as ServerErrorResponse), // the server turns it into a status
    );
  };
}

/** The context of a call. */
export function contextOf(call: AnyCall): CallContext {
  let signal: AbortSignal | undefined;
  return {
    caller: callerOf(call),
    deadline: deadlineOf(call.getDeadline()),
    // made when asked for: most handlers never ask, and it costs as much as the rest of the context
    get signal() {
      return (signal ??= signalOf(call));
    },
    metadata: call.metadata,
    peer: call.getPeer(),
    path: call.getPath(),
  };
}

function deadlineOf(deadline: Deadline): number {
  const remaining = Number(deadline) - Date.now();
  return performance.now() + (Number.isFinite(remaining) ? remaining : DEFAULT_DEADLINE_MS);
}

function signalOf(call: AnyCall): AbortSignal {
  const controller = new AbortController();
  if (call.cancelled) controller.abort();
  else call.once('cancelled', () => controller.abort());
  return controller.signal;
}
