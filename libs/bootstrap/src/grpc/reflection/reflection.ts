import { registry } from '@trent/contracts';
import { answerQuestion } from './answer.ts';
import { decodeRequest, encodeResponse } from './messages.ts';
import type { handleBidiStreamingCall } from '@grpc/grpc-js';
import type { ServiceBinding } from '../binding.ts';
import type { ReflectionRequest, ReflectionResponse } from './messages.ts';

/**
 * The reflection service of a server, as v1 and as v1alpha, which differ in name alone (grpcurl asks for both). Written out here because the
 * library decodes and encodes every descriptor anew at start (a quarter of a second of each process), drops our options on the way, and reads
 * its .proto from its own folder, which a bundle does not have.
 * Source: gRPC, "Server Reflection Protocol".
 */
export function reflectionOf(services: readonly string[]): readonly ServiceBinding[] {
  const serverReflectionInfo: handleBidiStreamingCall<ReflectionRequest, ReflectionResponse> = (call) => {
    call.on('data', (request: ReflectionRequest) => call.write({ request, answer: answerQuestion(registry, services, request.question) }));
    call.on('end', () => call.end());
  };
  return ['v1', 'v1alpha'].map((version) => ({
    definition: {
      serverReflectionInfo: {
        path: `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
        requestStream: true,
        responseStream: true,
        requestSerialize: (request: ReflectionRequest) => Buffer.from(request.bytes),
        requestDeserialize: decodeRequest,
        responseSerialize: encodeResponse,
        responseDeserialize: (bytes: Buffer) => bytes,
      },
    },
    implementation: { serverReflectionInfo },
  }));
}
