const UNRESERVED_ONLY = /^[A-Za-z0-9\-._~]*$/;
const UNRESERVED_PATH = /^[A-Za-z0-9\-._~/]*$/;
const STRICT = /[!'()*]/g;

/** RFC 3986 §2.3: everything but unreserved characters as %XX of its UTF-8 bytes, upper-case hexadecimal. */
export function encodeRfc3986(text: string): string {
  if (UNRESERVED_ONLY.test(text)) return text;
  return encodeURIComponent(text.toWellFormed()).replace(STRICT, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/**
 * The canonical path of every service but S3: empty and dot segments removed (RFC 3986 §5.2.4), then what was sent is encoded once more,
 * so that a `%20` on the wire reads `%2520`.
 */
export function canonicalPath(path: string): string {
  if (path === '/' || path === '') return '/';
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') segments.pop();
    else segments.push(segment);
  }
  const normal = `/${segments.join('/')}${segments.length > 0 && path.endsWith('/') ? '/' : ''}`;
  return UNRESERVED_PATH.test(normal) ? normal : normal.split('/').map(encodeRfc3986).join('/');
}

/**
 * Decodes one name or value of a query string: `+` is a space, as the AWS Query protocol reads it; `%XX` is a byte of UTF-8.
 * A lone `%` stands for itself; bytes that are no UTF-8 become U+FFFD.
 */
export function decodeQueryComponent(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return decodeBytes(spaced);
  }
}

function decodeBytes(text: string): string {
  const source = Buffer.from(text, 'utf8');
  const bytes: number[] = [];
  for (let i = 0; i < source.length; i++) {
    const hex = source.toString('latin1', i + 1, i + 3);
    if (source[i] === 0x25 && /^[0-9A-Fa-f]{2}$/.test(hex)) {
      bytes.push(Number.parseInt(hex, 16));
      i += 2;
    } else bytes.push(source[i] ?? 0);
  }
  return Buffer.from(bytes).toString('utf8');
}

/** Name and value pairs of a query string, decoded, in their order; a name without `=` has an empty value. */
export function queryPairs(query: string): [name: string, value: string][] {
  if (query === '') return [];
  return query
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const equals = part.indexOf('=');
      if (equals < 0) return [decodeQueryComponent(part), ''];
      return [decodeQueryComponent(part.slice(0, equals)), decodeQueryComponent(part.slice(equals + 1))];
    });
}

/** The canonical query: pairs encoded, sorted by encoded name, then by encoded value; of a presigned request without X-Amz-Signature. */
export function canonicalQuery(query: string, presigned: boolean): string {
  if (query === '') return '';
  return queryPairs(query)
    .filter(([name]) => !presigned || name !== 'X-Amz-Signature')
    .map(([name, value]): [string, string] => [encodeRfc3986(name), encodeRfc3986(value)])
    .sort(([name1, value1], [name2, value2]) => compare(name1, name2) || compare(value1, value2))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** Code unit order, which is byte order for the ASCII that encoding leaves. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
