import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';

/** What a client asks. Source: grpc/reflection/v1/reflection.proto, ServerReflectionRequest. */
export type ReflectionQuestion =
  | { readonly kind: 'fileByName'; readonly name: string }
  | { readonly kind: 'fileOfSymbol'; readonly symbol: string }
  | { readonly kind: 'fileOfExtension'; readonly type: string; readonly number: number }
  | { readonly kind: 'extensionNumbers'; readonly type: string }
  | { readonly kind: 'services' }
  | { readonly kind: 'unknown' };

/** A question with the bytes that it came in, which the answer repeats. */
export interface ReflectionRequest {
  readonly host: string;
  readonly question: ReflectionQuestion;
  readonly bytes: Uint8Array;
}

/** What is answered. Source: ServerReflectionResponse. */
export type ReflectionAnswer =
  | { readonly kind: 'files'; readonly files: readonly Uint8Array[] }
  | { readonly kind: 'extensionNumbers'; readonly type: string; readonly numbers: readonly number[] }
  | { readonly kind: 'services'; readonly names: readonly string[] }
  | { readonly kind: 'error'; readonly code: number; readonly message: string };

/** An answer with the request that it belongs to. */
export interface ReflectionResponse {
  readonly request: ReflectionRequest;
  readonly answer: ReflectionAnswer;
}

const tag = (field: number, wireType = 2): number => (field << 3) | wireType;

/** Reads a ServerReflectionRequest. */
export function decodeRequest(bytes: Uint8Array): ReflectionRequest {
  const reader = new BinaryReader(bytes);
  let host = '';
  let question: ReflectionQuestion = { kind: 'unknown' };
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1) host = reader.string();
    else if (field === 3) question = { kind: 'fileByName', name: reader.string() };
    else if (field === 4) question = { kind: 'fileOfSymbol', symbol: reader.string() };
    else if (field === 5) question = { kind: 'fileOfExtension', ...decodeExtension(reader.bytes()) };
    else if (field === 6) question = { kind: 'extensionNumbers', type: reader.string() };
    else if (field === 7) {
      reader.skip(wireType); // "The content will not be checked."
      question = { kind: 'services' };
    } else reader.skip(wireType);
  }
  return { host, question, bytes };
}

function decodeExtension(bytes: Uint8Array): { type: string; number: number } {
  const reader = new BinaryReader(bytes);
  const extension = { type: '', number: 0 };
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1) extension.type = reader.string();
    else if (field === 2) extension.number = reader.int32();
    else reader.skip(wireType);
  }
  return extension;
}

/** Writes a ServerReflectionResponse. */
export function encodeResponse({ request, answer }: ReflectionResponse): Buffer {
  const writer = new BinaryWriter();
  if (request.host !== '') writer.uint32(tag(1)).string(request.host);
  writer.uint32(tag(2)).bytes(request.bytes);
  const number = { files: 4, extensionNumbers: 5, services: 6, error: 7 }[answer.kind];
  writer.uint32(tag(number)).fork();
  encodeAnswer(writer, answer);
  return Buffer.from(writer.join().finish());
}

function encodeAnswer(writer: BinaryWriter, answer: ReflectionAnswer): void {
  switch (answer.kind) {
    case 'files':
      for (const file of answer.files) writer.uint32(tag(1)).bytes(file);
      break;
    case 'extensionNumbers':
      writer.uint32(tag(1)).string(answer.type).uint32(tag(2)).fork();
      for (const number of answer.numbers) writer.int32(number);
      writer.join();
      break;
    case 'services':
      for (const name of answer.names) writer.uint32(tag(1)).fork().uint32(tag(1)).string(name).join();
      break;
    case 'error':
      writer.uint32(tag(1, 0)).int32(answer.code).uint32(tag(2)).string(answer.message);
      break;
  }
}
