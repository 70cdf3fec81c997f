import type { ServiceName } from '../grpc/peers.ts';
import { serviceNames } from '../grpc/peers.ts';

/** Who stands behind a connection. */
export type Caller =
  | { readonly kind: 'service'; readonly service: ServiceName; readonly spiffeId: string }
  | { readonly kind: 'operator'; readonly operator: string; readonly spiffeId: string }
  | { readonly kind: 'account'; readonly account: string; readonly name: string; readonly spiffeId: string }
  | { readonly kind: 'anonymous' };

/** A caller without a certificate, or with one that says nothing we know. */
export const anonymous: Caller = { kind: 'anonymous' };

/** One entry of Node's `subjectaltname`: a kind and a value, which is a JSON string when it holds a comma or quote. */
const ALTERNATIVE_NAME = /([^:,]+):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/g;
const SPIFFE_ID = /^spiffe:\/\/([a-z0-9._-]{1,255})\/(service|operator|account)\/([A-Za-z0-9._-]+)(?:\/([A-Za-z0-9._-]+))?$/;

/**
 * The SPIFFE id of a certificate, from the `subjectaltname` text that Node gives.
 * Source: SPIFFE X.509-SVID §2: exactly one URI name; a certificate with more is refused.
 */
export function spiffeIdOf(subjectAltName: string | undefined): string | undefined {
  const uris: string[] = [];
  const text = subjectAltName ?? '';
  let at = 0;
  for (const entry of text.matchAll(ALTERNATIVE_NAME)) {
    if (entry.index !== at) return undefined; // something between two entries that is no entry
    at += entry[0].length;
    if (entry[1] === 'URI') uris.push(entry[2] ?? '');
  }
  const [uri] = uris;
  return at === text.length && uris.length === 1 && uri?.startsWith('spiffe://') === true ? uri : undefined;
}

/** Reads `spiffe://<trust domain>/service/<name>`, `/operator/<name>` or `/account/<12 digits>/<name>`; anything else is anonymous. */
export function callerOfSpiffeId(spiffeId: string | undefined, trustDomain: string): Caller {
  const match = spiffeId === undefined ? null : SPIFFE_ID.exec(spiffeId);
  if (spiffeId === undefined || match === null || match[1] !== trustDomain) return anonymous;
  const [, , kind, first = '', second] = match;
  if (kind === 'account') {
    return second !== undefined && /^\d{12}$/.test(first) ? { kind, account: first, name: second, spiffeId } : anonymous;
  }
  if (second !== undefined) return anonymous;
  if (kind === 'operator') return { kind, operator: first, spiffeId };
  const service = serviceNames.find((name) => name === first);
  return service === undefined ? anonymous : { kind: 'service', service, spiffeId };
}

/** The id that a service's certificate carries. */
export function serviceSpiffeId(trustDomain: string, service: ServiceName): string {
  return `spiffe://${trustDomain}/service/${service}`;
}
