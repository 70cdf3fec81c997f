import type { authorize } from '@trent/contracts';
import type { TrentError } from '@trent/errors';

import type { OperationPlan } from './operations/operation-plan.ts';

/** Where a request came from, as policies and records know it. */
export interface Origin {
  readonly sourceIp: string;
  readonly userAgent: string;
  /** CloudTrail's tlsDetails, JSON text made once a connection. */
  readonly tlsDetails: string | undefined;
}

/** A request as it stands at the head of the road: the same for HTTPS, gRPC and items of a batch. */
export interface Ask {
  readonly plan: OperationPlan;
  readonly requestId: string;
  /** Who claims to call; a certificate is verified, a signature not yet. */
  readonly caller: NonNullable<authorize.AuthorizeItem['caller']>;
  readonly region: string;
  readonly origin: Origin;
  /** When the answer is no longer of use, in milliseconds of `performance.now()`. */
  readonly deadline: number;
  /** Names the attempt to change something, so that a repeat changes nothing more. */
  readonly invocationId: string;
  /** W3C Trace Context; empty: none. */
  traceparent: string;
  /** The request message; undefined when the body was none. */
  message: object | undefined;
  /** The message's bytes where the wire carried them; else the road encodes it, once. */
  input: Buffer | undefined;
  /** What is wrong with the request; told only to a caller who is who they say. */
  fault: TrentError | undefined;
  /** The members hold their bounds: so a record has a form for them. */
  isSound: boolean;
}

/** Crypto takes milliseconds, and a permit lives three seconds at most: a request that takes longer is taken up within them. */
export const CRYPTO_DEADLINE_MS = 3_000;
/** A change waits for the lease of a replica that died, two seconds. */
export const ROOM_DEADLINE_MS = 10_000;

/** An RSA key of 4096 bits takes a second, now and then ten; on a busy machine a multiple of that. AWS's clients wait a minute. */
export const GENERATION_DEADLINE_MS = 30_000;

/** The deadline of a request that came now; `clientMs` is what the client itself allows, if it said so. */
export function deadlineOf(plan: OperationPlan, nowMs: number, clientMs = Infinity): number {
  if (plan.makesKeys) return nowMs + Math.min(clientMs, GENERATION_DEADLINE_MS);
  return nowMs + Math.min(clientMs, plan.isCrypto && plan.lane === 'fast' ? CRYPTO_DEADLINE_MS : ROOM_DEADLINE_MS);
}
