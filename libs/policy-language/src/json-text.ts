import { malformed, shown } from './malformed.ts';

/** A value of a JSON text with its place, so that a statement can be shown where it stands. Offsets count UTF-16 units. */
export type JsonNode = { readonly start: number; readonly end: number } & (
  | { readonly type: 'string' | 'number'; readonly text: string }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'null' }
  | { readonly type: 'array'; readonly items: readonly JsonNode[] }
  | { readonly type: 'object'; readonly members: ReadonlyMap<string, JsonNode> }
);

/** Deepest nesting a policy needs is six (document, statements, statement, condition, operator, values). */
const MAX_DEPTH = 12;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const BLANK = /[ \t\n\r]*/y;

/**
 * Reads a JSON text (RFC 8259) strictly: unlike JSON.parse it refuses repeated names (which of two would count?) and nesting beyond 12.
 * Numbers stay text.
 * @throws MalformedPolicyDocumentException with line and column
 */
export function parseJson(text: string): JsonNode {
  const reader = { text, at: 0 };
  skipBlank(reader);
  const node = readValue(reader, 1);
  skipBlank(reader);
  if (reader.at < text.length) invalid(reader, 'text after the end of the document');
  return node;
}

/** Line and column, from one. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Reads the lines of a text once, then tells the place of any offset. */
export function placesIn(text: string): (offset: number) => Place {
  const starts = [0];
  for (let next = text.indexOf('\n'); next >= 0; next = text.indexOf('\n', next + 1)) starts.push(next + 1);
  return (offset) => {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}

interface Reader {
  readonly text: string;
  at: number;
}

function invalid(reader: Reader, what: string): never {
  const { line, column } = placesIn(reader.text)(Math.min(reader.at, reader.text.length));
  malformed(`This policy contains invalid Json: ${what} at line ${line}, column ${column}`);
}

function skipBlank(reader: Reader): void {
  BLANK.lastIndex = reader.at;
  BLANK.test(reader.text);
  reader.at = BLANK.lastIndex;
}

function readValue(reader: Reader, depth: number): JsonNode {
  if (depth > MAX_DEPTH) invalid(reader, `nesting deeper than ${MAX_DEPTH}`);
  const start = reader.at;
  switch (reader.text[start]) {
    case '{':
      return readObject(reader, depth);
    case '[':
      return readArray(reader, depth);
    case '"':
      return { type: 'string', text: readString(reader), start, end: reader.at };
    case 't':
      return { type: 'boolean', value: true, start, end: readWord(reader, 'true') };
    case 'f':
      return { type: 'boolean', value: false, start, end: readWord(reader, 'false') };
    case 'n':
      return { type: 'null', start, end: readWord(reader, 'null') };
    default:
      return { type: 'number', text: readNumber(reader), start, end: reader.at };
  }
}

function readObject(reader: Reader, depth: number): JsonNode {
  const start = reader.at;
  const members = new Map<string, JsonNode>();
  reader.at += 1;
  skipBlank(reader);
  while (reader.text[reader.at] !== '}') {
    if (members.size > 0) readComma(reader, '}');
    const nameAt = reader.at;
    const name = readString(reader);
    if (members.has(name)) {
      reader.at = nameAt;
      invalid(reader, `the name "${shown(name)}" stands twice in one object,`);
    }
    skipBlank(reader);
    if (reader.text[reader.at] !== ':') invalid(reader, 'a colon is missing');
    reader.at += 1;
    skipBlank(reader);
    members.set(name, readValue(reader, depth + 1));
    skipBlank(reader);
  }
  reader.at += 1;
  return { type: 'object', members, start, end: reader.at };
}

function readArray(reader: Reader, depth: number): JsonNode {
  const start = reader.at;
  const items: JsonNode[] = [];
  reader.at += 1;
  skipBlank(reader);
  while (reader.text[reader.at] !== ']') {
    if (items.length > 0) readComma(reader, ']');
    items.push(readValue(reader, depth + 1));
    skipBlank(reader);
  }
  reader.at += 1;
  return { type: 'array', items, start, end: reader.at };
}

function readComma(reader: Reader, close: string): void {
  if (reader.text[reader.at] !== ',') invalid(reader, `"," or "${close}" is missing`);
  reader.at += 1;
  skipBlank(reader);
}

function readString(reader: Reader): string {
  STRING.lastIndex = reader.at;
  const raw = STRING.exec(reader.text)?.[0];
  if (raw === undefined) invalid(reader, 'no string as expected');
  reader.at += raw.length;
  return raw.includes('\\') ? (JSON.parse(raw) as string) : raw.slice(1, -1);
}

function readNumber(reader: Reader): string {
  NUMBER.lastIndex = reader.at;
  const raw = NUMBER.exec(reader.text)?.[0];
  if (raw === undefined) invalid(reader, reader.at < reader.text.length ? 'no value as expected' : 'the document ends early');
  reader.at += raw.length;
  return raw;
}

function readWord(reader: Reader, word: string): number {
  if (!reader.text.startsWith(word, reader.at)) invalid(reader, 'no value as expected');
  reader.at += word.length;
  return reader.at;
}
