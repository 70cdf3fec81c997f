/** Writes gen/<package>.ts: every message, enum and service of a package by name, so that two packages may use the same name. */
import { createFileRegistry, fromBinary, type DescEnum, type DescFile, type DescMessage } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

/**
 * @param image FileDescriptorSet as `buf build` writes it.
 * @returns file name → text, one file a package (`kms.ts` for trent.kms.v1).
 */
export function renderDoors(image: Uint8Array): Map<string, string> {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, image));
  const doors = new Map<string, string[]>();
  for (const file of [...registry.files].sort((a, b) => a.name.localeCompare(b.name))) {
    const [, area] = file.proto.package.split('.');
    if (!file.proto.package.startsWith('trent.') || area === undefined) continue;
    const lines = doors.get(`${area}.ts`) ?? ['// Written by proto/generate.ts.'];
    lines.push(...exportsOf(file));
    doors.set(`${area}.ts`, lines);
  }
  return new Map([...doors].map(([name, lines]) => [name, `${lines.join('\n')}\n`]));
}

function exportsOf(file: DescFile): string[] {
  const values = [
    ...messageNames(file.messages),
    ...file.enums.map(tsName),
    ...file.services.flatMap((s) => [`${s.name}Service`, `${s.name}Client`]),
  ];
  const types = file.services.map((service) => `${service.name}Server`);
  const lines: string[] = [];
  if (values.length > 0) lines.push(`export { ${values.join(', ')} } from './${file.name}.ts';`);
  if (types.length > 0) lines.push(`export type { ${types.join(', ')} } from './${file.name}.ts';`);
  return lines;
}

function messageNames(messages: readonly DescMessage[]): string[] {
  return messages.flatMap((message) => [tsName(message), ...messageNames(message.nestedMessages), ...message.nestedEnums.map(tsName)]);
}

/** ts-proto joins nested names by underscores. */
function tsName(type: DescMessage | DescEnum): string {
  return type.typeName.slice(type.file.proto.package.length + 1).replaceAll('.', '_');
}
