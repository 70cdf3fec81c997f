import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { ReflectionService } from '@grpc/reflection';
import type { Server } from '@grpc/grpc-js';

type PackageDefinition = ConstructorParameters<typeof ReflectionService>[0];

/**
 * Makes the reflection service (v1 and v1alpha) for some services of a descriptor image.
 * Source: gRPC, "Server Reflection Protocol".
 */
export function reflectionOf(
  descriptorImage: Uint8Array,
  services: readonly string[],
): { addToServer(server: Pick<Server, 'addService'>): void } {
  const { file } = fromBinary(FileDescriptorSetSchema, descriptorImage);
  // the library reads nothing of a package definition but the files in it
  const files = {
    format: 'Protocol Buffer 3 DescriptorProto',
    type: {},
    fileDescriptorProtos: file.map((descriptor) => Buffer.from(toBinary(FileDescriptorProtoSchema, descriptor))),
  };
  return new ReflectionService({ files } as PackageDefinition, { services: [...services] });
}
