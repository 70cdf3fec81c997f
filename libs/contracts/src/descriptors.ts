import { readFileSync } from 'node:fs';
import {
  createFileRegistry,
  fromBinary,
  getExtension,
  toBinary,
  type DescExtension,
  type DescMessage,
  type FileRegistry,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

/** The descriptor image as `buf build` wrote it, options included. Images of services carry it beside the bundle. */
export function descriptorImage(): Buffer {
  return readFileSync(new URL('../gen/descriptors.binpb', import.meta.url));
}

/** Every message, enum, service and extension of the contract. */
export const registry: FileRegistry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorImage()));

/** A message's descriptor by full name; a name that is not in the contract is a defect. */
export function messageDescriptor(typeName: string): DescMessage {
  const descriptor = registry.getMessage(typeName);
  if (descriptor === undefined) throw new Error(`no message ${typeName} in the contract`);
  return descriptor;
}

/**
 * Reads a message-typed option.
 * @param decode ts-proto's decoder of the option's message.
 */
export function readOption<T>(options: object | undefined, extension: string, decode: (bytes: Uint8Array) => T): T | undefined {
  const descriptor = extensionDescriptor(extension);
  if (options === undefined || descriptor.message === undefined) return undefined;
  const unknown = (options as { $unknown?: readonly { no: number }[] }).$unknown ?? [];
  if (!unknown.some((field) => field.no === descriptor.number)) return undefined;
  return decode(toBinary(descriptor.message, getExtension(options as never, descriptor) as never));
}

/** Reads a string option; undefined when it is not set. */
export function readStringOption(options: object | undefined, extension: string): string | undefined {
  if (options === undefined) return undefined;
  const value: unknown = getExtension(options as never, extensionDescriptor(extension));
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function extensionDescriptor(name: string): DescExtension {
  const descriptor = registry.getExtension(name);
  if (descriptor === undefined) throw new Error(`no extension ${name} in the contract`);
  return descriptor;
}
