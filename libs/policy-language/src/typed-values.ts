/** Reads the values that typed condition operators compare; each returns undefined for a text that is no such value. */

const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?$/;

/** A decimal number, as Numeric… operators take it. */
export function parseNumber(text: string): number | undefined {
  return DECIMAL.test(text) ? Number(text) : undefined;
}

const EPOCH_SECONDS = /^\d{1,15}(?:\.\d+)?$/;
const W3C_DATE =
  /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[Tt](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?:([Zz])|([+-])(\d{2}):?(\d{2}))?)?)?)?$/;

/**
 * Epoch milliseconds of a date: W3C's profile of ISO 8601 (https://www.w3.org/TR/NOTE-datetime) or epoch seconds, as Date… operators take
 * it. Digits alone are epoch seconds, never a year; without a zone it is UTC.
 */
export function parseDate(text: string): number | undefined {
  if (EPOCH_SECONDS.test(text)) return Number(text) * 1000;
  const match = W3C_DATE.exec(text);
  if (match === null) return undefined;
  const [, year, month = '1', day = '1', hour = '0', minute = '0', second = '0', fraction = '0', , sign, zoneHour = '0', zoneMinute = '0'] =
    match;
  const ms = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  const date = new Date(ms);
  const real = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day) && date.getUTCHours() === Number(hour);
  if (!real || Number(minute) > 59 || Number(second) > 59 || Number(zoneHour) > 23 || Number(zoneMinute) > 59) return undefined;
  const offset = (sign === '-' ? -1 : 1) * (Number(zoneHour) * 60 + Number(zoneMinute)) * 60_000;
  return ms + Number(`0.${fraction}`) * 1000 - offset;
}

/** `true` or `false` in any case. */
export function parseBoolean(text: string): boolean | undefined {
  const folded = text.toLowerCase();
  return folded === 'true' ? true : folded === 'false' ? false : undefined;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

/** Base64 in one spelling, so that equal bytes are equal texts. */
export function parseBinary(text: string): string | undefined {
  return BASE64.test(text) ? Buffer.from(text, 'base64').toString('base64') : undefined;
}

/** An address or block: eight groups of 16 bits; IPv4 stands as IPv4-mapped IPv6 (RFC 4291 §2.5.5.2), so that both spellings compare. */
export interface IpBlock {
  readonly groups: readonly number[];
  readonly prefixLength: number;
}

/** `203.0.113.0/24`, `2001:db8::/32`, or one address without a length. */
export function parseIpBlock(text: string): IpBlock | undefined {
  const [address = '', length, more] = text.split('/');
  const v4 = parseIpv4(address);
  const groups = v4 ?? parseIpv6(address);
  const longest = v4 === undefined ? 128 : 32;
  if (groups === undefined || more !== undefined) return undefined;
  if (length !== undefined && (!/^\d{1,3}$/.test(length) || Number(length) > longest)) return undefined;
  return { groups, prefixLength: 128 - longest + (length === undefined ? longest : Number(length)) };
}

/** Does the block hold the (whole) other one? */
export function holdsBlock(block: IpBlock, other: IpBlock): boolean {
  if (other.prefixLength < block.prefixLength) return false;
  return block.groups.every((group, i) => {
    const bits = Math.min(16, Math.max(0, block.prefixLength - 16 * i));
    const shift = 16 - bits;
    return group >>> shift === (other.groups[i] ?? 0) >>> shift;
  });
}

function parseIpv4(text: string): number[] | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = parts.map(Number);
  return [0, 0, 0, 0, 0, 0xffff, (a << 8) | b, (c << 8) | d];
}

function parseIpv6(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2 || !text.includes(':')) return undefined;
  const [head, tail] = halves.map((half, i) => groupsOf(half, i === halves.length - 1));
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  if (halves.length === 1) return head.length === 8 ? head : undefined;
  const zeros = 8 - head.length - (tail?.length ?? 0);
  return zeros < 1 ? undefined : [...head, ...Array<number>(zeros).fill(0), ...(tail ?? [])];
}

/** Groups of hexadecimal digits; the last group of an address may be an IPv4 address (RFC 4291 §2.2). */
function groupsOf(text: string, endsAddress: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else {
      const v4 = parseIpv4(part);
      if (v4 === undefined || !endsAddress || i !== parts.length - 1) return undefined;
      groups.push(...v4.slice(6));
    }
  }
  return groups.length <= 8 ? groups : undefined;
}
