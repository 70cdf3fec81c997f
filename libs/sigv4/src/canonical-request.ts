import { canonicalPath, canonicalQuery } from './canonical-uri.ts';
import { canonicalHeaders, type HttpFacts, type ParsedAuthorization } from './http-facts.ts';

/**
 * The canonical request (AWS Signature Version 4, "Create a canonical request") of any service but S3: method, path, query, the headers that
 * the client lists as signed, that list, and the payload's SHA-256. Covers what was signed and nothing else; which headers must be in the list
 * is `parseAuthorization`'s to check. The text is Unicode, to be hashed as UTF-8.
 */
export function canonicalRequest(
  request: HttpFacts,
  parsed: Pick<ParsedAuthorization, 'signedHeaders' | 'presigned'>,
  payloadSha256Hex: string,
): string {
  const headers = canonicalHeaders(request.rawHeaders, parsed.signedHeaders);
  let lines = '';
  for (const name of parsed.signedHeaders) lines += `${name}:${headers.get(name) ?? ''}\n`;
  const path = canonicalPath(request.path);
  const query = canonicalQuery(request.query, parsed.presigned);
  return `${request.method}\n${path}\n${query}\n${lines}\n${parsed.signedHeaders.join(';')}\n${payloadSha256Hex}`;
}
