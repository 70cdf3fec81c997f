/** Writes gen/rpcs.ts: a union of RPC names a room, so that a missing handler is a type error. */
import { createFileRegistry, fromBinary, getExtension, type DescExtension, type DescService } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

const ROOMS = ['', 'CryptoWorker', 'KeyMetadata', 'Policy', 'AuditIngest'] as const;

/** @param image FileDescriptorSet as `buf build` writes it. */
export function renderRpcs(image: Uint8Array): string {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, image));
  const operation = registry.getExtension('trent.options.v1.operation');
  if (operation === undefined) throw new Error('proto/trent/options/v1/operation.proto is missing');
  const byRoom = new Map<string, string[]>(ROOMS.filter((room) => room !== '').map((room) => [room, []]));
  const services: DescService[] = [...registry].filter((type) => type.kind === 'service');
  for (const service of services.sort((a, b) => a.typeName.localeCompare(b.typeName))) {
    for (const method of service.methods) {
      const room = ROOMS[roomOf(method.proto.options, operation)];
      if (room) byRoom.get(room)?.push(`${service.typeName.split('.')[1] ?? ''}.${method.name}`);
    }
  }
  const lines = ['// Written by proto/generate.ts.'];
  for (const [room, rpcs] of byRoom) {
    lines.push(`export type ${room}Rpc = ${rpcs.length === 0 ? 'never' : rpcs.map((rpc) => `'${rpc}'`).join(' | ')};`);
  }
  return `${lines.join('\n')}\n`;
}

function roomOf(options: object | undefined, extension: DescExtension): number {
  if (options === undefined) return 0;
  const value: unknown = getExtension(options as never, extension);
  return typeof value === 'object' && value !== null && 'room' in value ? Number(value.room) : 0;
}
