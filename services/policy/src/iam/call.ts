import { createHash } from 'node:crypto';
import { finishRecord, responseElementsOf } from '@trent/audit-record';
import { operations, type invoke, type Operation } from '@trent/contracts';
import { fail } from '@trent/errors';
import type { AccountId } from '@trent/identifiers';
import type { ChangeWriter } from '@trent/outbox';
import type { Database, Transaction } from '@trent/postgres';
import type { SecretBytes } from '@trent/secret-bytes';
import { PRINCIPALS_FEED } from '../accounts/account-admin.ts';
import type { Reader } from '../store/identities.ts';
import type { Touched } from '../store/touch.ts';

/** What IAM's handlers lean on. */
export interface IamDeps {
  readonly db: Database;
  readonly writer: ChangeWriter;
  readonly seal: (plaintext: Buffer, label: string, deadline: number) => Promise<Buffer>;
  readonly unseal: (sealed: Buffer, label: string, deadline: number) => Promise<SecretBytes>;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** One authorised call of IAM. */
export interface IamCall {
  readonly request: invoke.InvokeRequest;
  readonly operation: Operation;
  readonly accountId: AccountId;
  readonly callerArn: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** performance.now() milliseconds. */
  readonly deadline: number;
}

/** Does one authorised call. */
export type IamHandler = (deps: IamDeps, call: IamCall) => Promise<invoke.InvokeResponse>;

/** What a change did: the answer, and whose rights are not what they were. */
export interface Done<Response> {
  readonly response: Response;
  readonly touched?: readonly Touched[];
}

/** @throws UnknownOperationException */
export function readIamCall(deps: IamDeps, request: invoke.InvokeRequest, deadline: number): IamCall {
  const operation = operations.get(request.operation) ?? fail('UnknownOperationException');
  const { accountId = '', principalArn = '' } = request.caller ?? {};
  return { request, operation, accountId: accountId as AccountId, callerArn: principalArn, now: deps.now(), deadline };
}

/** How a request is read: the message type of the contract. */
interface RequestType<Request> {
  decode(bytes: Uint8Array): Request;
}

/** A handler that reads. */
export function reads<Request, Response extends object>(
  type: RequestType<Request>,
  work: (db: Reader, call: IamCall, input: Request) => Promise<Response>,
): IamHandler {
  return async (deps, call) => {
    const reader: Reader = { query: (text, values) => deps.db.query(text, values, { deadline: call.deadline }) };
    const response = await work(reader, call, type.decode(call.request.input));
    return { output: call.operation.responseCodec.encode(response), recorded: false };
  };
}

/**
 * A handler that changes: work, idempotency row, record and place in the feed commit together; the answer waits until every replica obeys.
 * @param work may run again after a deadlock
 */
export function changes<Request, Response extends object>(
  type: RequestType<Request>,
  work: (tx: Transaction, call: IamCall, input: Request) => Promise<Done<Response>>,
): IamHandler {
  return (deps, call) => change(deps, call, (tx) => work(tx, call, type.decode(call.request.input)));
}

/** One change, for handlers that have more to do around it. */
export async function change<Response extends object>(
  deps: IamDeps,
  call: IamCall,
  work: (tx: Transaction) => Promise<Done<Response>>,
): Promise<invoke.InvokeResponse> {
  const { request, operation } = call;
  const kept = await deps.writer.change({ deadline: call.deadline, idempotency: idempotencyOf(call) }, async (tx) => {
    const { response, touched = [] } = await work(tx);
    const responseElements = responseElementsOf(operation, response);
    const record = finishRecord(request.auditDraft, { ...(responseElements === undefined ? {} : { responseElements }), resources: [] });
    return {
      answer: keptAnswer(request.requestId, operation.responseCodec.encode(response)),
      changes: touched.map(({ arn, version }) => ({ feed: PRINCIPALS_FEED, kind: 'principal', id: arn, version, barrier: true })),
      audit: [{ region: request.region, record }],
    };
  });
  return readKeptAnswer(kept, request.requestId);
}

/** An answer as it is kept for repeats: with the id of the request that it was given to, whose record was committed with it. */
function keptAnswer(requestId: string, output: Buffer): Buffer {
  const id = Buffer.from(requestId);
  return Buffer.concat([Buffer.from([id.length]), id, output]);
}

/** The answer for this request; recorded is what was committed for it, not what was committed for an earlier one that it repeats. */
function readKeptAnswer(kept: Uint8Array, requestId: string): invoke.InvokeResponse {
  const bytes = Buffer.from(kept);
  const end = 1 + (bytes[0] ?? 0);
  return { output: bytes.subarray(end), recorded: bytes.toString('latin1', 1, end) === requestId };
}

function idempotencyOf({ request, operation }: IamCall) {
  if (request.invocationId === '') return undefined;
  const inputDigest = createHash('sha256').update(request.input).digest();
  return { principal: request.caller?.principalArn ?? '', operation: operation.name, token: request.invocationId, inputDigest };
}
