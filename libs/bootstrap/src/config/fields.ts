import { parseEndpoints } from '../endpoint.ts';
import { parseHostPort, parseListenAddress } from '../listen-address.ts';
import { field } from './field.ts';
import type { Endpoint } from '../endpoint.ts';
import type { HostPort, ListenAddress } from '../listen-address.ts';
import type { Field } from './field.ts';

const REGION = /^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/;

/** Any text that is not empty. */
export function text(expected = 'some text'): Field<string> {
  return field(expected, (value) => (value.trim() === '' ? undefined : value));
}

/** A name as it may stand in certificates, subjects and file names. */
export function name(): Field<string> {
  return field('a name of letters, digits and dashes', (value) => (/^[a-zA-Z0-9][a-zA-Z0-9-]{0,62}$/.test(value) ? value : undefined));
}

/** One of a few words. */
export function oneOf<const T extends string>(...choices: readonly T[]): Field<T> {
  return field(`one of ${choices.join(', ')}`, (value) => choices.find((choice) => choice === value));
}

/** A switch. */
export function flag(): Field<boolean> {
  return field('true or false', (value) => (value === 'true' ? true : value === 'false' ? false : undefined));
}

/** A path of a file; whether it can be read shows when it is read. */
export function filePath(): Field<string> {
  return field('the path of a file', (value) => (value.trim() === '' || value.includes('\0') ? undefined : value));
}

/** A whole number between bounds. */
export function integer(bounds: { readonly min: number; readonly max: number }): Field<number> {
  return field(`a whole number from ${bounds.min} to ${bounds.max}`, (value) => {
    const number = Number(value);
    return /^\d+$/.test(value) && number >= bounds.min && number <= bounds.max ? number : undefined;
  });
}

/** How many copies a quorum keeps: an even number would add a copy and no safety. */
export function replicaCount(): Field<1 | 3 | 5> {
  return field('one of 1, 3, 5', (value) => ([1, 3, 5] as const).find((count) => String(count) === value));
}

/** Names separated by commas; empty text gives none. */
export function names(): Field<readonly string[]> {
  return field('names separated by commas', (value) => {
    const parts = split(value);
    return parts.every((part) => /^[a-z0-9-]+$/i.test(part)) ? parts : undefined;
  });
}

/** True for a region in AWS's spelling. */
export function isRegion(value: string): boolean {
  return REGION.test(value);
}

/** One region in AWS's spelling. */
export function regionName(): Field<string> {
  return field('a region such as us-east-1', (value) => (isRegion(value) ? value : undefined));
}

/** Regions in AWS's spelling, each once, at least one. */
export function regionNames(): Field<readonly string[]> {
  return field('regions such as us-east-1,eu-west-1, each once', (value) => {
    const regions = split(value);
    const fits = regions.length > 0 && new Set(regions).size === regions.length && regions.every(isRegion);
    return fits ? regions : undefined;
  });
}

/** Where to listen: host:port, `+shared` to share the port between processes (SO_REUSEPORT). */
export function listenAddress(): Field<ListenAddress> {
  return field('host:port', parseListenAddress);
}

/** Several places to listen. */
export function listenAddresses(): Field<readonly ListenAddress[]> {
  return field('host:port, several separated by commas, each may end in +shared', (value) => each(value, parseListenAddress));
}

/** Servers of somebody else's cluster. */
export function hostPorts(): Field<readonly HostPort[]> {
  return field('host:port, several separated by commas', (value) => each(value, parseHostPort));
}

/** Replicas of a service: `a=host:port`, `dns:host:port` or `a=dns:host:port`, each may begin with `us-east-1/`, separated by commas. */
export function endpoints(): Field<readonly Endpoint[]> {
  return field(
    'zone=host:port, dns:host:port or zone=dns:host:port, several separated by commas, each may begin with region/',
    parseEndpoints,
  );
}

/** A URL with one of the schemes and without a password, which belongs in a file. */
export function serviceUrl(...schemes: readonly string[]): Field<string> {
  return field(`a URL of scheme ${schemes.join(' or ')} without a password`, (value) => {
    const url = URL.parse(value);
    return url !== null && schemes.includes(url.protocol) && url.password === '' && url.hostname !== '' ? value : undefined;
  });
}

function each<T>(value: string, parse: (part: string) => T | undefined): readonly T[] | undefined {
  const parts = split(value).map(parse);
  return parts.length > 0 && parts.every((part) => part !== undefined) ? parts : undefined;
}

function split(value: string): string[] {
  return value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
