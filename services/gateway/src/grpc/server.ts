import type { ServiceDefinition, UntypedHandleCall, UntypedServiceImplementation } from '@grpc/grpc-js';
import {
  startGrpcServer,
  type GrpcServer,
  type ListenAddress,
  type ServiceBinding,
  type ServiceRuntime,
  type TlsIdentity,
} from '@trent/bootstrap';
import { publicServices } from '@trent/contracts';

import type { OperationPlan } from '../operations/operation-plan.ts';
import { batchHandler } from './batch.ts';
import { batchOperations, decodeBatchRequest, encodeBatchResponse } from './batch-codec.ts';
import { unaryHandler, type NativeFace } from './unary.ts';

export interface NativeServerOptions {
  readonly listen: readonly ListenAddress[];
  /** The public certificate, and the CA of client certificates. */
  readonly tls: TlsIdentity;
  readonly plans: ReadonlyMap<string, OperationPlan>;
  readonly face: NativeFace;
}

/** Starts the native gRPC API: every operation of the contract as a unary method, the batch stream, health and reflection. */
export function startNativeServer(runtime: ServiceRuntime, { listen, tls, plans, face }: NativeServerOptions): Promise<GrpcServer> {
  const bindings = publicServices.map(({ definition }) => bindingOf(definition, plans, face, runtime.signal));
  // Without a certificate health and reflection may be asked, nothing else: an operation without a caller is refused on its road.
  return startGrpcServer(runtime, { listen, bindings, edge: { tls, clientCertificate: 'optional' } });
}

/** Handlers for all methods of a service, found by descriptor; messages stay bytes on both ways. */
function bindingOf(
  definition: ServiceDefinition,
  plans: ReadonlyMap<string, OperationPlan>,
  face: NativeFace,
  signal: AbortSignal,
): ServiceBinding {
  const raw: Record<string, ServiceDefinition[string]> = {};
  const implementation: UntypedServiceImplementation = {};
  for (const [name, method] of Object.entries(definition)) {
    const plan = planOf(method.path, plans);
    if (plan !== undefined) {
      raw[name] = { ...method, requestDeserialize: asBytes, responseSerialize: asBytes };
      implementation[name] = unaryHandler(face, plan);
    } else if (method.requestStream) {
      raw[name] = { ...method, requestDeserialize: decodeBatchRequest, responseSerialize: encodeBatchResponse };
      implementation[name] = batchHandler(face, batchOperations(plans), signal) as UntypedHandleCall;
    } else throw new Error(`${method.path} has neither operation nor stream`);
  }
  return { definition: raw, implementation };
}

/** The operation of a method: its request's type names it, and its RPC's name. */
function planOf(path: string, plans: ReadonlyMap<string, OperationPlan>): OperationPlan | undefined {
  const [, service = '', rpc = ''] = path.split('/');
  return [...plans.values()].find(({ operation }) => operation.rpc === rpc && service.startsWith(packageOf(operation.request.typeName)));
}

/** "trent.kms.v1." of "trent.kms.v1.EncryptRequest". */
function packageOf(typeName: string): string {
  return typeName.slice(0, typeName.lastIndexOf('.') + 1);
}

function asBytes(bytes: Buffer): Buffer {
  return bytes;
}
