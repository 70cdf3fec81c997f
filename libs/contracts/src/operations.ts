import type { DescMessage, DescService } from '@bufbuild/protobuf';
import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import { CloudTrailServiceService } from '../gen/cloudtrail.ts';
import { IamServiceService } from '../gen/iam.ts';
import { KmsServiceService } from '../gen/kms.ts';
import { Operation as OperationOption, Wire } from '../gen/options.ts';
import type { AuditIngestRpc, CryptoWorkerRpc, KeyMetadataRpc, PolicyRpc } from '../gen/rpcs.ts';
import { StsServiceService } from '../gen/sts.ts';
import { readOption, registry } from './descriptors.ts';

export type OperationName = CryptoWorkerRpc | KeyMetadataRpc | PolicyRpc | AuditIngestRpc;

/** Encodes and decodes one message type. */
export interface MessageCodec {
  encode(message: object): Buffer;
  decode(bytes: Buffer): object;
}

/** One RPC that clients may call, with all that the contract says of it. */
export interface Operation {
  /** "kms.Encrypt" */
  readonly name: OperationName;
  /** "Encrypt" */
  readonly rpc: string;
  /** IAM action: "kms:Encrypt" */
  readonly action: string;
  readonly wire: Wire;
  readonly option: OperationOption;
  readonly request: DescMessage;
  readonly response: DescMessage;
  readonly requestCodec: MessageCodec;
  readonly responseCodec: MessageCodec;
}

/** Services that clients may call: gRPC full name and the definition that ts-proto made. */
export const publicServices: readonly { readonly typeName: string; readonly definition: ServiceDefinition }[] = [
  { typeName: 'trent.kms.v1.KmsService', definition: KmsServiceService },
  { typeName: 'trent.sts.v1.StsService', definition: StsServiceService },
  { typeName: 'trent.iam.v1.IamService', definition: IamServiceService },
  { typeName: 'trent.cloudtrail.v1.CloudTrailService', definition: CloudTrailServiceService },
];

/** The flat table of operations, by name ("kms.Encrypt"). */
export const operations: ReadonlyMap<string, Operation> = new Map(
  publicServices.flatMap(readService).map((operation) => [operation.name, operation]),
);

function readService({ typeName, definition }: { typeName: string; definition: ServiceDefinition }): Operation[] {
  const service = registry.getService(typeName);
  if (service === undefined) throw new Error(`no service ${typeName} in the contract`);
  const wire = readOption(service.proto.options, 'trent.options.v1.wire', (bytes) => Wire.decode(bytes));
  if (wire === undefined) throw new Error(`${typeName} has no wire option`);
  // By path, not by property: generators disagree about capitals (createOpenIDConnectProvider).
  const byPath = new Map(Object.values(definition).map((method) => [method.path, method as MethodDefinition<object, object>]));
  return service.methods.flatMap((method) => readMethod(service, wire, method, byPath.get(`/${typeName}/${method.name}`)) ?? []);
}

function readMethod(
  service: DescService,
  wire: Wire,
  method: DescService['methods'][number],
  definition: MethodDefinition<object, object> | undefined,
): Operation | undefined {
  const option = readOption(method.proto.options, 'trent.options.v1.operation', (bytes) => OperationOption.decode(bytes));
  if (option === undefined) return undefined;
  if (definition === undefined) throw new Error(`${service.typeName}.${method.name} has no stub`);
  return {
    name: `${wire.signingName}.${method.name}` as OperationName,
    rpc: method.name,
    action: `${wire.actionPrefix}:${method.name}`,
    wire,
    option,
    request: method.input,
    response: method.output,
    requestCodec: { encode: (message) => definition.requestSerialize(message), decode: (bytes) => definition.requestDeserialize(bytes) },
    responseCodec: { encode: (message) => definition.responseSerialize(message), decode: (bytes) => definition.responseDeserialize(bytes) },
  };
}
