import { anonymous, callerOfSpiffeId, spiffeIdOf } from '../tls/spiffe-id.ts';
import type { Socket } from 'node:net';
import type { Caller } from '../tls/spiffe-id.ts';

/** What grpc-js tells of a call's transport. */
interface CallTransport {
  getPeer(): string;
  getAuthContext(): { readonly sslPeerCertificate?: { readonly subjectaltname?: string } };
}

interface Connection {
  /** Sockets with this address and port; two can share them when they reach us by two of our own addresses. */
  sockets: number;
  caller?: Caller;
}

/**
 * Open connections of a server. Who calls is read from the certificate once a connection: parsing it costs some 40 µs, a third of a call.
 */
export class Connections {
  readonly #trustDomain: string;
  readonly #kinds: readonly Caller['kind'][];
  readonly #byPeer = new Map<string, Connection>();
  readonly #sockets = new Set<Socket>();

  /** @param kinds callers that may come here; any other certificate counts as none (the edge's CA has no say about services) */
  constructor(trustDomain: string, kinds: readonly Caller['kind'][]) {
    this.#trustDomain = trustDomain;
    this.#kinds = kinds;
  }

  /** Connections that are open. */
  get size(): number {
    return this.#sockets.size;
  }

  /** Follows a socket until it closes. */
  add(socket: Socket): void {
    const peer = `${socket.remoteAddress ?? ''}:${socket.remotePort ?? 0}`;
    this.#sockets.add(socket);
    this.#byPeer.set(peer, { sockets: (this.#byPeer.get(peer)?.sockets ?? 0) + 1 });
    socket.once('close', () => {
      this.#sockets.delete(socket);
      const left = (this.#byPeer.get(peer)?.sockets ?? 1) - 1;
      if (left === 0) this.#byPeer.delete(peer);
      else this.#byPeer.set(peer, { sockets: left });
    });
  }

  /** Who makes a call. INVARIANT: what is remembered belongs to the one open socket of that address and port. */
  callerOf(call: CallTransport): Caller {
    const connection = this.#byPeer.get(call.getPeer());
    if (connection?.caller !== undefined) return connection.caller;
    // An unverified certificate is no certificate: grpc-js gives none unless the TLS layer found it good.
    const spiffeId = spiffeIdOf(call.getAuthContext().sslPeerCertificate?.subjectaltname);
    const claimed = callerOfSpiffeId(spiffeId, this.#trustDomain);
    const caller = this.#kinds.includes(claimed.kind) ? claimed : anonymous;
    if (connection?.sockets === 1) connection.caller = caller;
    return caller;
  }

  /** Ends every connection at once. */
  destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
