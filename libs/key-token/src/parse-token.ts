import { fail } from '@trent/errors';
import { keyIdFromBytes, parseAccountId } from '@trent/identifiers';

import { CLASS_OF_CODE, isRegionOrGroup, isUpperName, layout, MAX_WRAPPED_BYTES } from './key-token.ts';
import type { KeyTokenHeader, ParsedKeyToken } from './key-token.ts';

/**
 * Takes a token apart. It proves nothing: check `mac` over `authenticated` with the binding key (in the HSM) before a field is believed.
 * @param token whatever the database held; the buffers of the result are views of it
 * @throws {TrentError} KMSInternalException without text for anything that is no token of format 1; `cause` names the field
 */
export function parseToken(token: Uint8Array): ParsedKeyToken {
  const bytes = Buffer.from(token.buffer, token.byteOffset, token.length);
  if (bytes.length < layout.AT_TEXTS || bytes.readUIntBE(0, 3) !== layout.MAGIC) malformed('magic');
  if (bytes[3] !== layout.FORMAT) malformed('format');
  const headerLength = bytes.readUInt16BE(layout.AT_HEADER_LENGTH);
  const macAt = bytes.length - layout.MAC_BYTES;
  const wrappedLength = macAt - headerLength;
  if (headerLength < layout.AT_TEXTS || wrappedLength < 1 || wrappedLength > MAX_WRAPPED_BYTES) malformed('length');
  return {
    header: readHeader(bytes.subarray(0, headerLength)),
    authenticated: bytes.subarray(0, macAt),
    wrapped: bytes.subarray(headerLength, macAt),
    mac: bytes.subarray(macAt),
  };
}

function readHeader(header: Buffer): KeyTokenHeader {
  const [region, spec, usage, origin] = readTexts(header);
  if (!isRegionOrGroup(region)) malformed('region');
  if (!isUpperName(spec) || !isUpperName(usage) || !isUpperName(origin)) malformed('spec, usage or origin');
  return {
    format: layout.FORMAT,
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
}

/** The four texts, which must fill the header to its last byte. */
function readTexts(header: Buffer): [string, string, string, string] {
  let at: number = layout.AT_TEXTS;
  const next = (): string => {
    const length = header[at] ?? malformed('text');
    const start = at + 1;
    at = start + length;
    if (at > header.length) malformed('text');
    return header.toString('latin1', start, at);
  };
  const texts: [string, string, string, string] = [next(), next(), next(), next()];
  if (at !== header.length) malformed('header length');
  return texts;
}

function malformed(field: string): never {
  return fail('KMSInternalException', '', { cause: `malformed key token: ${field}` });
}
