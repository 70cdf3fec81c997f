import { createHash } from 'node:crypto';
import { draftElsewhere, finishRecord, responseElementsOf, sharedRecords } from '@trent/audit-record';
import { operations, type invoke, type KeyMetadataRpc, type Operation } from '@trent/contracts';
import { fail } from '@trent/errors';
import { parseArn, type AccountId, type RegionName } from '@trent/identifiers';
import type { ChangeOfView, ChangeWriter } from '@trent/outbox';
import type { Database, Transaction } from '@trent/postgres';
import type { CheckMaterial, GenerateMaterial, ImportMaterial, MakeImportParameters } from './materials.ts';
import type { KeyStores } from '../key-stores/key-stores.ts';
import type { KeyQuota } from '../store/key-quota.ts';
import type { Markers } from './marker.ts';
import type { Regions } from './region-groups.ts';

/** What handlers lean on. */
export interface Deps {
  readonly db: Database;
  readonly writer: ChangeWriter;
  readonly markers: Markers;
  /** 32 bytes that grant tokens are MACed with. */
  readonly grantTokenKey: Buffer;
  readonly generateMaterial: GenerateMaterial;
  readonly checkMaterial: CheckMaterial;
  readonly makeImportParameters: MakeImportParameters;
  readonly importMaterial: ImportMaterial;
  /** Keeps a wrapped key a second time, in JetStream; resolves on its ack. */
  readonly keepToken: (region: string, keyId: string, materialId: string, token: Buffer, deadline: number) => Promise<void>;
  readonly regions: Regions;
  readonly keyStores: KeyStores;
  readonly keyQuota: Pick<KeyQuota, 'check'>;
  /** A fresh id of an audit record. */
  readonly newEventId: () => string;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** One authorised call. */
export interface Call {
  readonly request: invoke.InvokeRequest;
  readonly operation: Operation;
  readonly region: RegionName;
  readonly accountId: AccountId;
  /** performance.now() milliseconds. */
  readonly deadline: number;
}

/** Reads the call of a request. @throws UnknownOperationException */
export function readCall(request: invoke.InvokeRequest, deadline: number): Call {
  const operation = operations.get(request.operation) ?? fail('UnknownOperationException');
  return { request, operation, region: request.region as RegionName, accountId: (request.caller?.accountId ?? '') as AccountId, deadline };
}

/** Key id and owner of the nth key that policy resolved and authorised. */
export function keyOf(call: Call, index = 0): { readonly arn: string; readonly keyId: string; readonly accountId: AccountId } {
  const arn = call.request.keyArns[index] ?? fail('KMSInternalException');
  const parts = parseArn(arn) ?? fail('KMSInternalException');
  return { arn, keyId: parts.resource.slice('key/'.length), accountId: parts.account as AccountId };
}

/** What a change did. */
export interface Done<Response> {
  readonly response: Response;
  /** ARNs for the record. */
  readonly resources: readonly string[];
  readonly changes: readonly ChangeOfView[];
  /** Records of what KMS did by itself in the same change. */
  readonly events?: readonly { readonly region: string; readonly record: string }[];
  /** For the record alone. */
  readonly additionalEventData?: Readonly<Record<string, string>>;
  /** What the change did in another Region: it is recorded there too. */
  readonly elsewhere?: Elsewhere;
}

/** The side of a multi-Region change that another Region's trail shows. */
export interface Elsewhere {
  readonly region: RegionName;
  /** What was done there, as an operation of its own. */
  readonly operation: Operation;
  /** Its request, where it is not the one that was made. */
  readonly request?: object;
  readonly response: object;
  readonly resources: readonly string[];
}

/**
 * One change: the work, its idempotency row, its record and its place in the feed commit together or not at all.
 * @param work may run again after a deadlock
 */
export async function change<Response extends object>(
  deps: Deps,
  call: Call,
  work: (tx: Transaction) => Promise<Done<Response>>,
): Promise<invoke.InvokeResponse> {
  const { request, operation } = call;
  const output = await deps.writer.change({ deadline: call.deadline, idempotency: idempotencyOf(call) }, async (tx) => {
    const { response, resources, changes, events = [], additionalEventData, elsewhere } = await work(tx);
    const responseElements = responseElementsOf(operation, response, resources[0]);
    const record = finishRecord(request.auditDraft, { responseElements, resources, additionalEventData });
    return {
      answer: keptAnswer(request.requestId, operation.responseCodec.encode(response)),
      changes,
      audit: [
        ...sharedRecords(record, call.accountId, resources, deps.newEventId).map((one) => ({ region: call.region, record: one })),
        ...(elsewhere === undefined ? [] : [recordElsewhere(deps, request.auditDraft, elsewhere)]),
        ...events,
      ],
    };
  });
  return readKeptAnswer(output, request.requestId);
}

/**
 * What an earlier request of the same invocation was answered, for one that names what is not there any more: the alias that it deleted.
 * @throws NotFoundException when there was none; nothing is changed
 */
export function earlierAnswer(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  return change(deps, call, () => fail('NotFoundException'));
}

function recordElsewhere(deps: Deps, auditDraft: string, { region, operation, request, response, resources }: Elsewhere) {
  const draft = draftElsewhere(auditDraft, { operation, request, region, eventId: deps.newEventId() });
  const responseElements = responseElementsOf(operation, response, resources[0]);
  return { region, record: finishRecord(draft, { responseElements, resources }) };
}

/** An answer as it is kept for repeats: with the id of the request that it was given to, whose record was committed with it. */
export function keptAnswer(requestId: string, output: Buffer): Buffer {
  const id = Buffer.from(requestId);
  return Buffer.concat([Buffer.from([id.length]), id, output]);
}

/** The answer for this request; recorded is what was committed for it, not what was committed for an earlier one that it repeats. */
export function readKeptAnswer(kept: Uint8Array, requestId: string): invoke.InvokeResponse {
  const bytes = Buffer.from(kept);
  const end = 1 + (bytes[0] ?? 0);
  return { output: bytes.subarray(end), recorded: bytes.toString('latin1', 1, end) === requestId };
}

function idempotencyOf({ request, operation }: Call) {
  if (request.invocationId === '') return undefined;
  const inputDigest = createHash('sha256').update(request.input).digest();
  return { principal: request.caller?.principalArn ?? '', operation: operation.name, token: request.invocationId, inputDigest };
}

/** The change of a key's view that every replica must obey before the answer. */
export function keyChange(region: string, keyId: string, version: bigint): ChangeOfView {
  return { feed: `keys.${region}`, kind: 'key', id: keyId, version, barrier: true };
}

/** The change of what an alias names; like a key's, it is obeyed before the answer. */
export function aliasChange(region: string, accountId: string, aliasName: string, version: bigint): ChangeOfView {
  return { feed: `keys.${region}`, kind: 'alias', id: `${accountId}/${aliasName}`, version, barrier: true };
}

/** A read's answer: the gateway records it. */
export function answer(call: Call, response: object): invoke.InvokeResponse {
  return { output: call.operation.responseCodec.encode(response), recorded: false };
}

/** A room's handler. */
export type Handler = (deps: Deps, call: Call) => Promise<invoke.InvokeResponse>;
export type Handlers = Record<KeyMetadataRpc, Handler>;
