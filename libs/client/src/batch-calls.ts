import { kms, messageDescriptor } from '@trent/contracts';
import { completing, type Input } from './complete-request.ts';
import type { BatchStream } from './batch-stream.ts';
import type { CallOptions } from './call-options.ts';
import type { MethodDefinition } from '@grpc/grpc-js';

type BatchInput = NonNullable<kms.BatchItem['input']>;
type BatchOutcome = Exclude<NonNullable<kms.BatchResult['outcome']>, { $case: 'error' }>;

/** Operations that a batch may hold. */
export type BatchName = BatchInput['$case'];

/** The operations of the batch stream, each call an item of its own: authorised, executed, recorded and answered by itself. */
export type BatchCalls = {
  readonly [Name in BatchName]: (
    input: Input<Extract<BatchInput, { $case: Name }>['value']>,
    options?: CallOptions,
  ) => Promise<Extract<BatchOutcome, { $case: Name }>['value']>;
};

/** Makes the calls of a batch stream; what a batch may hold is read from the contract. */
export function batchCalls(stream: BatchStream): BatchCalls {
  const definition = kms.KmsServiceService as unknown as Readonly<Record<string, MethodDefinition<object, object>>>;
  const calls = messageDescriptor('trent.kms.v1.BatchItem')
    .fields.filter((field) => field.oneof?.name === 'input')
    .map(({ localName }) => {
      const method = definition[localName];
      if (method === undefined) throw new Error(`the contract has no ${localName} for the batch's item of that name`);
      const complete = completing(method.requestDeserialize);
      const call = (input: Input<object>, options?: CallOptions): Promise<object> =>
        stream.call({ $case: localName, value: complete(input) } as BatchInput, options);
      return [localName, call] as const;
    });
  return Object.fromEntries(calls) as unknown as BatchCalls;
}
