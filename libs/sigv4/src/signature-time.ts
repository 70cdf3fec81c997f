import { fail } from '@trent/errors';

const AMZ_DATE = /^\d{8}T\d{6}Z$/;
const MINUTE_MS = 60_000;
/** How far a client's clock may stand from ours, either way, in minutes. */
export const SKEW_MINUTES = 5;
const SKEW_MS = SKEW_MINUTES * MINUTE_MS;

/** Epoch milliseconds of `YYYYMMDDTHHMMSSZ`, or undefined if it is no such date. */
export function parseAmzDate(text: string): number | undefined {
  if (!AMZ_DATE.test(text)) return undefined;
  const year = two(text, 0) * 100 + two(text, 2);
  const month = two(text, 4);
  const day = two(text, 6);
  const epochMs = Date.UTC(year, month - 1, day, two(text, 9), two(text, 11), two(text, 13));
  const date = new Date(epochMs);
  // A field out of range rolls over into the next one; so each is compared with what was written.
  const same =
    date.getUTCFullYear() === year &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    date.getUTCHours() === two(text, 9) &&
    date.getUTCMinutes() === two(text, 11);
  return same && two(text, 13) < 60 ? epochMs : undefined;
}

function two(text: string, at: number): number {
  return (text.charCodeAt(at) - 48) * 10 + text.charCodeAt(at + 1) - 48;
}

/** `YYYYMMDDTHHMMSSZ` of epoch milliseconds, seconds rounded down. */
export function formatAmzDate(epochMs: number): string {
  const iso = new Date(epochMs).toISOString();
  return `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`;
}

/** A `Date` header, RFC 9110 §5.6.7 (`Sun, 30 Aug 2015 12:36:00 GMT`), in basic form; undefined if it is none. */
export function amzDateOfHttpDate(text: string): string | undefined {
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) return undefined;
  const epochMs = Date.parse(text);
  return Number.isNaN(epochMs) ? undefined : formatAmzDate(epochMs);
}

/**
 * Throws InvalidSignatureException, with AWS's text, unless the request was signed within five minutes of now; a presigned one may be as old as
 * `presignedExpires` seconds. (EKS tokens say 60 seconds and live 15 minutes on AWS: what to pass is the caller's decision.)
 */
export function checkSignatureTime(amzDate: string, nowMs: number, options: { readonly presignedExpires?: number } = {}): void {
  const signedMs = parseAmzDate(amzDate);
  if (signedMs === undefined) fail('IncompleteSignatureException', dateFormatText(amzDate));
  const nowSecondMs = Math.floor(nowMs / 1000) * 1000;
  const lifeMs = options.presignedExpires === undefined ? SKEW_MS : options.presignedExpires * 1000;
  if (signedMs > nowSecondMs + SKEW_MS) {
    const [limit, now] = [formatAmzDate(nowSecondMs + SKEW_MS), formatAmzDate(nowSecondMs)];
    fail('InvalidSignatureException', `Signature not yet current: ${amzDate} is still later than ${limit} (${now} + ${life(SKEW_MS)})`);
  }
  if (signedMs < nowSecondMs - lifeMs) {
    const [limit, now] = [formatAmzDate(nowSecondMs - lifeMs), formatAmzDate(nowSecondMs)];
    fail('InvalidSignatureException', `Signature expired: ${amzDate} is now earlier than ${limit} (${now} - ${life(lifeMs)})`);
  }
}

function life(lifeMs: number): string {
  return lifeMs % MINUTE_MS === 0 ? `${String(lifeMs / MINUTE_MS)} min.` : `${String(lifeMs / 1000)} sec.`;
}

/** AWS's text for a date that can't be read. */
export function dateFormatText(got: string): string {
  return `Date must be in ISO-8601 'basic format'. Got '${got.slice(0, 64)}'. See http://en.wikipedia.org/wiki/ISO_8601`;
}
