import { createHash } from 'node:crypto';

type Json = string | number | boolean | null | undefined | readonly Json[] | { readonly [key: string]: Json };

/**
 * One text for one value: members sorted by their UTF-16 units, no spaces, absent members left out; RFC 8785 for the
 * strings and whole numbers that ceremonies use. What is signed and hashed.
 */
export function canonicalJson(value: unknown): string {
  return render(value as Json);
}

function render(value: Json): string {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new RangeError('only whole numbers have a canonical form here');
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isList(value)) return `[${value.map(render).join(',')}]`;
  const members = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort();
  return `{${members.map((key) => `${JSON.stringify(key)}:${render(value[key])}`).join(',')}}`;
}

function isList(value: object): value is readonly Json[] {
  return Array.isArray(value);
}

/** Hexadecimal SHA-256 over `domain`, a zero byte and the canonical form, so that a digest of one kind is never one of another. */
export function digestOf(domain: string, value: unknown): string {
  return createHash('sha256').update(domain).update('\0').update(canonicalJson(value)).digest('hex');
}
