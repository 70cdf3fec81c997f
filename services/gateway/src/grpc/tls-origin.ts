import { TLSSocket } from 'node:tls';
import { tlsDetailsJson } from '@trent/audit-record';

/** A call as grpc-js has it inside: it hands out the peer's certificate, not the connection, whose cipher CloudTrail's records tell. */
interface InnerCall {
  readonly nextCall?: InnerCall;
  readonly stream?: { readonly session?: { readonly socket?: unknown } };
}

const detailsOf = new WeakMap<object, string>();

/**
 * CloudTrail's tlsDetails of the connection that a native call came by, made once a connection.
 * Undefined when grpc-js does not have the call in this form (the test of native records fails then) or the connection has gone.
 */
export function nativeTlsDetails(call: object, host: string): string | undefined {
  let inner = (call as { readonly call?: InnerCall }).call;
  while (inner?.nextCall !== undefined) inner = inner.nextCall;
  const session = inner?.stream?.session;
  if (session === undefined) return undefined;
  const known = detailsOf.get(session);
  if (known !== undefined) return known;
  const { socket } = session;
  if (!(socket instanceof TLSSocket)) return undefined;
  const details = tlsDetailsJson({
    tlsVersion: socket.getProtocol() ?? '',
    cipherSuite: socket.getCipher().standardName,
    clientProvidedHostHeader: host,
  });
  detailsOf.set(session, details);
  return details;
}
