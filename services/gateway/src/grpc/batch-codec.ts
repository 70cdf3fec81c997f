import { WireType } from '@bufbuild/protobuf/wire';
import { BinaryReader, BinaryWriter, errors, messageDescriptor } from '@trent/contracts';
import { fail } from '@trent/errors';

import type { OperationPlan } from '../operations/operation-plan.ts';

/** An item of a batch; its request stays bytes, because those are what is executed. */
export interface RawItem {
  id: number;
  timeoutMs: number;
  /** Number of the field that held the request: it says which operation. 0: none. */
  field: number;
  input: Buffer;
}

/** The answer to an item. */
export interface RawResult {
  id: number;
  readonly requestId: string;
  readonly field: number;
  readonly output: Buffer;
  readonly error: errors.ErrorDetail | undefined;
}

/** `kms.BatchItem` and `kms.BatchResult` on the wire. */
const ITEMS = 1;
const DRAINING = 2;
const ID = 1;
const TIMEOUT_MS = 2;
const FIRST_INPUT = 10;
const REQUEST_ID = 2;
const ERROR = 3;

const NO_BYTES = Buffer.alloc(0);

/**
 * The operations that a batch may hold, by field number; an item's request and a result's answer have the same.
 * @throws {Error} when the contract does not keep to that
 */
export function batchOperations(plans: ReadonlyMap<string, OperationPlan>): ReadonlyMap<number, OperationPlan> {
  const results = new Map(messageDescriptor('trent.kms.v1.BatchResult').fields.map((field) => [field.number, field.message?.typeName]));
  const byField = new Map<number, OperationPlan>();
  for (const { number, message } of messageDescriptor('trent.kms.v1.BatchItem').fields) {
    if (message === undefined) continue;
    const plan = [...plans.values()].find(({ operation }) => operation.request.typeName === message.typeName);
    if (plan === undefined || results.get(number) !== plan.operation.response.typeName || number < FIRST_INPUT) {
      throw new Error(`${message.typeName} has no answer in a batch`);
    }
    byField.set(number, plan);
  }
  return byField;
}

/**
 * Reads a BatchRequest without decoding the requests in it: half the cost of an item was decoding and encoding again. Views of `bytes`.
 * @throws {TrentError} SerializationException
 */
export function decodeBatchRequest(bytes: Buffer): { items: RawItem[] } {
  const reader = new BinaryReader(bytes);
  const items: RawItem[] = [];
  try {
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag();
      if (field === ITEMS && type === WireType.LengthDelimited) items.push(readItem(reader, reader.uint32(), bytes));
      else reader.skip(type, field);
    }
  } catch {
    return fail('SerializationException', 'The batch is no protobuf message');
  }
  return { items };
}

function readItem(reader: BinaryReader, length: number, bytes: Buffer): RawItem {
  const end = reader.pos + length;
  if (end > reader.len) throw new RangeError('item beyond the message');
  const item: RawItem = { id: 0, timeoutMs: 0, field: 0, input: NO_BYTES };
  while (reader.pos < end) {
    const [field, type] = reader.tag();
    if (type === WireType.LengthDelimited && field >= FIRST_INPUT) {
      const size = reader.uint32();
      const start = reader.pos;
      if (start + size > end) throw new RangeError('request beyond its item');
      item.field = field;
      item.input = bytes.subarray(start, start + size);
      reader.pos = start + size;
    } else if (field === ID && type === WireType.Varint) item.id = reader.uint32();
    else if (field === TIMEOUT_MS && type === WireType.Varint) item.timeoutMs = reader.uint32();
    else reader.skip(type, field);
  }
  return item;
}

/** Writes a BatchResponse around answers that are bytes already. */
export function encodeBatchResponse({ results, draining }: { readonly results: readonly RawResult[]; readonly draining: boolean }): Buffer {
  const writer = new BinaryWriter();
  for (const { id, requestId, field, output, error } of results) {
    writer.tag(ITEMS, WireType.LengthDelimited).fork();
    writer.tag(ID, WireType.Varint).uint32(id).tag(REQUEST_ID, WireType.LengthDelimited).string(requestId);
    if (error === undefined) writer.tag(field, WireType.LengthDelimited).bytes(output);
    else errors.ErrorDetail.encode(error, writer.tag(ERROR, WireType.LengthDelimited).fork()).join();
    writer.join();
  }
  if (draining) writer.tag(DRAINING, WireType.Varint).bool(true);
  return writer.finish();
}
