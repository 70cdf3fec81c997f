import { callerOf } from '@trent/bootstrap';
import { fail, trentError } from '@trent/errors';
import type { Metadata } from '@grpc/grpc-js';

import { deadlineOf, type Ask, type Origin } from '../ask.ts';
import { bearerOf } from '../authn/bearer-token.ts';
import { identifyCertificate } from '../authn/client-certificate.ts';
import { nativeTlsDetails } from './tls-origin.ts';
import type { OperationPlan } from '../operations/operation-plan.ts';

/** What of a native call is the same for all its requests: a unary call has one, a batch stream thousands. */
export interface NativeCall {
  readonly caller: Ask['caller'];
  readonly region: string;
  readonly origin: Origin;
  readonly traceparent: string;
}

/** Metadata by which a native caller names the region; without it the first of the deployment answers. */
export const REGION_KEY = 'x-trent-region';
/** Names an attempt to change something, as AWS's SDKs do. */
const INVOCATION_KEY = 'amz-sdk-invocation-id';
const MAX_ID_LENGTH = 128;

interface AnyCall {
  readonly metadata: Metadata;
  getPeer(): string;
  /** The authority that the client asked for. */
  getHost(): string;
}

/**
 * Reads who calls and from where.
 * @throws {TrentError} MissingAuthenticationTokenException with neither session token nor client certificate; ValidationException for a Region that is
 * asked for by name and not served
 */
export function readNativeCall(call: AnyCall, regions: readonly string[]): NativeCall {
  const { metadata } = call;
  const asked = first(metadata, REGION_KEY);
  const peer = call.getPeer();
  return {
    caller: bearerOf(first(metadata, 'authorization')) ?? identifyCertificate(callerOf(call)),
    region: regionOf(asked, regions),
    origin: {
      sourceIp: peer.slice(0, peer.lastIndexOf(':')),
      userAgent: first(metadata, 'user-agent'),
      tlsDetails: nativeTlsDetails(call, call.getHost()),
    },
    traceparent: first(metadata, 'traceparent'),
  };
}

/** The first Region is the one of who names none. */
function regionOf(asked: string, [first = '', ...others]: readonly string[]): string {
  if (asked === '' || asked === first) return first;
  return others.find((region) => region === asked) ?? fail('ValidationException', 'The Region that is asked for is not served.');
}

/** The caller's name for an attempt; the request's id where it gives none. */
export function invocationOf(metadata: Metadata, requestId: string): string {
  const id = first(metadata, INVOCATION_KEY);
  return id === '' || id.length > MAX_ID_LENGTH ? requestId : id;
}

/** A request that came as protobuf: its bytes are what is executed, so they are not encoded again. */
export function nativeAsk(
  call: NativeCall,
  plan: OperationPlan,
  request: {
    readonly requestId: string;
    readonly invocationId: string;
    readonly input: Buffer;
    readonly now: number;
    readonly clientMs: number;
  },
): Ask {
  const { requestId, invocationId, input, now, clientMs } = request;
  const ask: Ask = {
    plan,
    requestId,
    caller: plan.isUnsigned ? { $case: 'inRequest', value: call.origin.sourceIp } : call.caller,
    region: call.region,
    origin: call.origin,
    deadline: deadlineOf(plan, now, clientMs),
    invocationId,
    traceparent: call.traceparent,
    message: undefined,
    input,
    fault: undefined,
    isSound: false,
  };
  try {
    ask.message = plan.operation.requestCodec.decode(input);
  } catch {
    ask.fault = trentError('SerializationException', 'The request is no protobuf message');
  }
  return ask;
}

function first(metadata: Metadata, key: string): string {
  const [value] = metadata.get(key);
  return typeof value === 'string' ? value : '';
}
