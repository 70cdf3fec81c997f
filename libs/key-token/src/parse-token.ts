import { fail } from '@trent/errors';
import { keyIdFromBytes, parseAccountId } from '@trent/identifiers';

import {
  CLASS_OF_CODE,
  isPrintable,
  isRegionOrGroup,
  isUpperName,
  layout,
  MAX_OBJECT_ID_LENGTH,
  MAX_PUBLIC_KEY_BYTES,
  MAX_STORE_ID_LENGTH,
  MAX_WRAPPED_BYTES,
} from './key-token.ts';
import type { KeyTokenHeader, ParsedKeyToken } from './key-token.ts';

/**
 * Takes a token apart. It proves nothing: check `mac` over `authenticated` with the binding key (in the HSM) before a field is believed.
 * @param token whatever the database held; the buffers of the result are views of it
 * @throws {TrentError} KMSInternalException without text for anything that is no token of a known format; `cause` names the field
 */
export function parseToken(token: Uint8Array): ParsedKeyToken {
  const bytes = Buffer.from(token.buffer, token.byteOffset, token.length);
  if (bytes.length < layout.AT_TEXTS || bytes.readUIntBE(0, 3) !== layout.MAGIC) malformed('magic');
  const format = bytes[layout.AT_FORMAT];
  if (format !== layout.FORMAT && format !== layout.FORMAT_WITH_PUBLIC_KEY && format !== layout.FORMAT_IN_STORE) malformed('format');
  const headerLength = bytes.readUInt16BE(layout.AT_HEADER_LENGTH);
  const macAt = bytes.length - layout.MAC_BYTES;
  const wrappedLength = macAt - headerLength;
  const leastWrapped = format === layout.FORMAT_IN_STORE ? 0 : 1;
  if (headerLength < layout.AT_TEXTS || wrappedLength < leastWrapped || wrappedLength > MAX_WRAPPED_BYTES) malformed('length');
  return {
    header: readHeader(format, bytes.subarray(0, headerLength)),
    authenticated: bytes.subarray(0, macAt),
    wrapped: bytes.subarray(headerLength, macAt),
    mac: bytes.subarray(macAt),
  };
}

/** Whether a token says of itself that its key lives in a custom key store; like everything in it, believed once its MAC is. */
export function isInStore(token: Uint8Array): boolean {
  return token[layout.AT_FORMAT] === layout.FORMAT_IN_STORE;
}

function readHeader(format: 1 | 2 | 3, header: Buffer): KeyTokenHeader {
  const { texts, end } = readTexts(header);
  const [region, spec, usage, origin] = texts;
  if (!isRegionOrGroup(region)) malformed('region');
  if (!isUpperName(spec) || !isUpperName(usage) || !isUpperName(origin)) malformed('spec, usage or origin');
  const common = {
    region,
    rootVersion: header.readUInt32BE(layout.AT_ROOT_VERSION),
    accountId: parseAccountId(header.toString('latin1', layout.AT_ACCOUNT, layout.AT_TEXTS)) ?? malformed('account'),
    keyId: keyIdFromBytes(header, layout.AT_KEY_ID) ?? malformed('key id'),
    materialId: header.toString('hex', layout.AT_MATERIAL_ID, layout.AT_ACCOUNT),
    spec,
    usage,
    origin,
    keyClass: CLASS_OF_CODE[header[layout.AT_CLASS] as number] ?? malformed('class'),
  };
  if (format === layout.FORMAT_WITH_PUBLIC_KEY) return { format, ...common, publicKey: readPublicKey(header.subarray(end)) };
  if (format === layout.FORMAT_IN_STORE) return { format, ...common, ...readPlace(header, end) };
  if (end !== header.length) malformed('header length');
  return { format, ...common };
}

/** The four texts and where they end. */
function readTexts(header: Buffer): { readonly texts: readonly [string, string, string, string]; readonly end: number } {
  let at: number = layout.AT_TEXTS;
  const next = (): string => {
    const { text, end } = readText(header, at);
    at = end;
    return text;
  };
  const texts: [string, string, string, string] = [next(), next(), next(), next()];
  return { texts, end: at };
}

function readText(header: Buffer, at: number): { readonly text: string; readonly end: number } {
  const length = header[at] ?? malformed('text');
  const end = at + 1 + length;
  if (end > header.length) malformed('text');
  return { text: header.toString('latin1', at + 1, end), end };
}

/** What stands behind the texts of format 3, which must fill the header to its last byte. */
function readPlace(header: Buffer, at: number): { readonly storeId: string; readonly objectId: string } {
  const store = readText(header, at);
  const object = readText(header, store.end);
  if (!isPrintable(store.text, MAX_STORE_ID_LENGTH)) malformed('store id');
  if (!isPrintable(object.text, MAX_OBJECT_ID_LENGTH)) malformed('object id');
  if (object.end !== header.length) malformed('header length');
  return { storeId: store.text, objectId: object.text };
}

/** What stands behind the texts of format 2, which must fill the header to its last byte. */
function readPublicKey(rest: Buffer): Buffer {
  const length = rest.length < 2 ? malformed('public key') : rest.readUInt16BE(0);
  if (length === 0 || length > MAX_PUBLIC_KEY_BYTES) malformed('public key');
  if (rest.length !== 2 + length) malformed('header length');
  return rest.subarray(2);
}

function malformed(field: string): never {
  return fail('KMSInternalException', '', { cause: `malformed key token: ${field}` });
}
