import { Arena, putUlong, ulong } from './arena.ts';

/** How an attribute's value is laid out. */
type Kind = 'ulong' | 'bool' | 'bytes' | 'text' | 'mechanisms' | 'template';

/** The attributes that Trent uses: their number (PKCS#11 3.1 §4) and the layout of their value. */
export const attributes = {
  class: [0x0, 'ulong'],
  token: [0x1, 'bool'],
  private: [0x2, 'bool'],
  label: [0x3, 'text'],
  application: [0x10, 'text'],
  value: [0x11, 'bytes'],
  trusted: [0x86, 'bool'],
  keyType: [0x100, 'ulong'],
  id: [0x102, 'bytes'],
  sensitive: [0x103, 'bool'],
  encrypt: [0x104, 'bool'],
  decrypt: [0x105, 'bool'],
  wrap: [0x106, 'bool'],
  unwrap: [0x107, 'bool'],
  sign: [0x108, 'bool'],
  signRecover: [0x109, 'bool'],
  verify: [0x10a, 'bool'],
  verifyRecover: [0x10b, 'bool'],
  derive: [0x10c, 'bool'],
  modulus: [0x120, 'bytes'],
  modulusBits: [0x121, 'ulong'],
  publicExponent: [0x122, 'bytes'],
  valueLength: [0x161, 'ulong'],
  extractable: [0x162, 'bool'],
  local: [0x163, 'bool'],
  neverExtractable: [0x164, 'bool'],
  alwaysSensitive: [0x165, 'bool'],
  modifiable: [0x170, 'bool'],
  copyable: [0x171, 'bool'],
  destroyable: [0x172, 'bool'],
  ecParams: [0x180, 'bytes'],
  ecPoint: [0x181, 'bytes'],
  wrapWithTrusted: [0x210, 'bool'],
  parameterSet: [0x61d, 'ulong'],
  encapsulate: [0x633, 'bool'],
  decapsulate: [0x634, 'bool'],
  wrapTemplate: [0x40000211, 'template'],
  unwrapTemplate: [0x40000212, 'template'],
  deriveTemplate: [0x40000213, 'template'],
  allowedMechanisms: [0x40000600, 'mechanisms'],
} as const satisfies Record<string, readonly [number, Kind]>;

/** Name of an attribute, e.g. `keyType` for CKA_KEY_TYPE. */
export type AttributeName = keyof typeof attributes;

interface Values {
  ulong: number;
  bool: boolean;
  bytes: Uint8Array;
  text: string;
  mechanisms: readonly number[];
  template: Template;
}

/** Attributes by name, e.g. `{ class: CKO.SECRET_KEY, keyType: CKK.AES, unwrapTemplate: { extractable: false } }`. */
export type Template = { readonly [Name in AttributeName]?: Values[(typeof attributes)[Name][1]] };

declare const compiled: unique symbol;
/** A template laid out for the addon. It holds the values in clear: wipe one that carries a secret. */
export type CompiledTemplate = Buffer & { readonly [compiled]: 'template' };

/** An attribute by name with its value, unchecked. */
export type Entry = readonly [AttributeName, unknown];

/** Lays a template out once, for use in many calls. */
export function compileTemplate(template: Template): CompiledTemplate {
  return compileEntries(entriesOf(template));
}

/** Lays out attributes in the order given, even twice the same one: attacks need that, calls do not. */
export function compileEntries(entries: readonly Entry[]): CompiledTemplate {
  const arena = new Arena();
  layOut(arena, entries);
  return arena.finish(entries.length) as CompiledTemplate;
}

/** SoftHSM applies a template in order, and CKA_MODIFIABLE=false closes the object to what follows: it comes last. */
function entriesOf(template: Template): Entry[] {
  const entries = Object.entries(template) as [AttributeName, unknown][];
  return entries.sort(([a], [b]) => Number(a === 'modifiable') - Number(b === 'modifiable'));
}

/** A template by names, or one that was laid out before. */
export type AnyTemplate = Template | CompiledTemplate;

/** The template as the addon reads it. */
export function laidOut(template: AnyTemplate): CompiledTemplate {
  return Buffer.isBuffer(template) ? template : compileTemplate(template);
}

const attributeSize = 24;

function layOut(arena: Arena, entries: readonly Entry[]): number {
  const { offset, bytes } = arena.reserve(entries.length * attributeSize);
  entries.forEach(([name, value], index) => {
    const [type, kind] = attributes[name];
    const at = index * attributeSize;
    putUlong(bytes, type, at);
    if (kind === 'template') {
      const inner = entriesOf(value as Template);
      arena.point(offset + at + 8, layOut(arena, inner));
      putUlong(bytes, inner.length * attributeSize, at + 16);
      return;
    }
    const encoded = encodeValue(kind, value);
    arena.point(offset + at + 8, arena.append(encoded));
    putUlong(bytes, encoded.length, at + 16);
  });
  return offset;
}

function encodeValue(kind: Exclude<Kind, 'template'>, value: unknown): Uint8Array {
  switch (kind) {
    case 'ulong':
      return ulong(value as number);
    case 'bool':
      return Uint8Array.of(value === true ? 1 : 0);
    case 'bytes':
      return value as Uint8Array;
    case 'text':
      return Buffer.from(value as string, 'utf8');
    case 'mechanisms':
      return Buffer.concat((value as readonly number[]).map(ulong));
  }
}

const byNumber = new Map<number, AttributeName>((Object.keys(attributes) as AttributeName[]).map((name) => [attributes[name][0], name]));

/** What the addon reads of one attribute: its value, inner attributes, or null where the token withholds it. */
export type RawValue = Buffer | readonly (readonly [number, Buffer])[] | null;

/** Turns what the addon read into a template; attributes that the token does not give are absent. */
export function decodeTemplate(names: readonly AttributeName[], raw: readonly RawValue[]): Template {
  const found: Record<string, unknown> = {};
  names.forEach((name, index) => {
    const value = raw[index];
    if (value === null || value === undefined) return;
    found[name] = Buffer.isBuffer(value) ? decodeValue(attributes[name][1], value) : decodeNested(value);
  });
  return found;
}

function decodeNested(pairs: readonly (readonly [number, Buffer])[]): Template {
  const known = pairs.flatMap(([type, value]) => {
    const name = byNumber.get(type);
    return name === undefined ? [] : [{ name, value }];
  });
  return decodeTemplate(
    known.map(({ name }) => name),
    known.map(({ value }) => value),
  );
}

function decodeValue(kind: Kind, value: Buffer): unknown {
  switch (kind) {
    case 'ulong':
      return value.length === 8 ? Number(value.readBigUInt64LE()) : undefined;
    case 'bool':
      return value[0] === 1;
    case 'bytes':
      return value;
    case 'text':
      return value.toString('utf8');
    case 'mechanisms':
      return Array.from({ length: value.length >> 3 }, (_, index) => Number(value.readBigUInt64LE(index * 8)));
    case 'template':
      return {};
  }
}
