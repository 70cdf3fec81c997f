import { toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { status } from '@grpc/grpc-js';
import type { DescFile, FileRegistry } from '@bufbuild/protobuf';
import type { ReflectionAnswer, ReflectionQuestion } from './messages.ts';

/** Answers a question about the services that a server serves, from the descriptors of the contract, options included. */
export function answerQuestion(registry: FileRegistry, services: readonly string[], question: ReflectionQuestion): ReflectionAnswer {
  switch (question.kind) {
    case 'services':
      return { kind: 'services', names: services };
    case 'fileByName':
      return filesOf(registry.getFile(question.name), question.name);
    case 'fileOfSymbol':
      return filesOf(fileOfSymbol(registry, question.symbol), question.symbol);
    case 'fileOfExtension': {
      const found = extensionsOf(registry, question.type).find(({ number }) => number === question.number);
      return filesOf(found?.file, `${question.type} ${question.number}`);
    }
    case 'extensionNumbers': {
      if (registry.getMessage(question.type) === undefined) return notFound(question.type);
      return { kind: 'extensionNumbers', type: question.type, numbers: extensionsOf(registry, question.type).map(({ number }) => number) };
    }
    case 'unknown':
      return { kind: 'error', code: status.UNIMPLEMENTED, message: 'an unknown question' };
  }
}

/** The file that declares a type, or a part of one: a method, field or value is found with its parent. */
function fileOfSymbol(registry: FileRegistry, symbol: string): DescFile | undefined {
  const parent = symbol.slice(0, Math.max(0, symbol.lastIndexOf('.')));
  return (registry.get(symbol) ?? registry.get(parent))?.file;
}

function extensionsOf(registry: FileRegistry, type: string): { readonly number: number; readonly file: DescFile }[] {
  const found: { number: number; file: DescFile }[] = [];
  for (const each of registry) {
    if (each.kind === 'extension' && each.extendee.typeName === type) found.push({ number: each.number, file: each.file });
  }
  return found;
}

/** A file and all that it depends on, so that a client needs no second question. */
function filesOf(file: DescFile | undefined, asked: string): ReflectionAnswer {
  if (file === undefined) return notFound(asked);
  const all = new Set<DescFile>([file]);
  for (const each of all) for (const dependency of each.dependencies) all.add(dependency); // a Set hands out what is added while it is walked
  return { kind: 'files', files: [...all].map((each) => toBinary(FileDescriptorProtoSchema, each.proto)) };
}

function notFound(asked: string): ReflectionAnswer {
  return { kind: 'error', code: status.NOT_FOUND, message: `${asked} was not found` };
}
