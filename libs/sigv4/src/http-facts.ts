/** What a signature covers of an HTTP request, as it stood on the wire. */
export interface HttpFacts {
  readonly method: string;
  /** Path as sent, percent-encoding untouched, without the query. */
  readonly path: string;
  /** What follows the first `?`, as sent; empty when there is none. */
  readonly query: string;
  /** Names and values in turn, as `http.IncomingMessage.rawHeaders` gives them. */
  readonly rawHeaders: readonly string[];
}

/** What a request claims about its signature. Nothing in it is verified yet. */
export interface ParsedAuthorization {
  readonly accessKeyId: string;
  readonly scope: CredentialScope;
  /** Lower-case, in the client's order. */
  readonly signedHeaders: readonly string[];
  /** 64 lower-case hexadecimal digits. */
  readonly signature: string;
  /** `YYYYMMDDTHHMMSSZ`. */
  readonly amzDate: string;
  readonly sessionToken?: string;
  /** The claims came in the query string. */
  readonly presigned: boolean;
  /** X-Amz-Expires of a presigned request, 0 to 604800. */
  readonly expiresSeconds?: number;
}

export interface CredentialScope {
  /** `YYYYMMDD`. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

const NON_ASCII = /[\u0080-\uffff]/;
const BEYOND_LATIN1 = /[\u0100-\uffff]/;
// One test finds the rare value that needs work: blanks outside, a run of blanks inside, anything beyond ASCII.
const ODD_VALUE = /^ | $| {2}|[\t\u0080-\uffff]/;

/**
 * Text that a socket delivered byte by byte (Latin-1, as Node's parser does) becomes the UTF-8 text its bytes spell, so that a canonical
 * request can travel as a string and still hash to what the client hashed. ASCII, and text that already is Unicode, stays as it is.
 */
export function textOfWire(value: string): string {
  if (!NON_ASCII.test(value) || BEYOND_LATIN1.test(value)) return value;
  return Buffer.from(value, 'latin1').toString('utf8');
}

/** SigV4, "Create a canonical request": values are trimmed and inner runs of blanks become one space. */
export function canonicalHeaderValue(value: string): string {
  if (!ODD_VALUE.test(value)) return value;
  return textOfWire(value.replace(/[ \t]+/g, ' ').replace(/^ | $/g, ''));
}

/** Lower-case name → canonical value of the headers named; values of a repeated header are joined by commas in order of appearance. */
export function canonicalHeaders(rawHeaders: readonly string[], names: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase();
    if (!names.includes(name)) continue;
    const value = canonicalHeaderValue(rawHeaders[i + 1] ?? '');
    const earlier = headers.get(name);
    headers.set(name, earlier === undefined ? value : `${earlier},${value}`);
  }
  return headers;
}
