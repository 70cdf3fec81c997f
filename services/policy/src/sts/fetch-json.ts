import { request, type RequestOptions } from 'node:https';
import { connect, type DetailedPeerCertificate } from 'node:tls';

/** How a document of an identity provider is fetched. */
export interface FetchJsonOptions {
  /** SHA-1 fingerprints, 40 hex digits, of certificates trusted beside the system's: of the server, or of whoever signed it. */
  readonly thumbprints: readonly string[];
  /** performance.now() milliseconds */
  readonly deadline: number;
}

export type FetchJson = (url: string, options: FetchJsonOptions) => Promise<unknown>;

/** Discovery documents and key sets have a few kilobytes. */
const MAX_BYTES = 256 * 1024;
/** Nobody's login waits longer for a provider. */
const MAX_MS = 5_000;
/** What TLS says of a chain that ends in no certificate of the system. */
const UNTRUSTED = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
]);

/**
 * Fetches JSON over HTTPS: bounded in time and size, no redirects, no proxy, 200 only. A server that the system does not trust is
 * trusted when its chain has a certificate with one of the thumbprints and TLS verifies the chain up to it (IAM user guide, "Obtain the
 * thumbprint for an OpenID Connect identity provider").
 * @throws {Error} whatever went wrong on the way
 */
export const fetchJson: FetchJson = async (url, { thumbprints, deadline }) => {
  const until = Math.min(deadline, performance.now() + MAX_MS);
  try {
    return await get(url, {}, until);
  } catch (error) {
    if (thumbprints.length === 0 || !isUntrusted(error)) throw error;
    const ca = await certificateOf(new URL(url), thumbprints, until);
    if (ca === undefined) throw error;
    return await get(url, { ca, allowPartialTrustChain: true }, until);
  }
};

function get(url: string, trust: Pick<RequestOptions, 'ca' | 'allowPartialTrustChain'>, until: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(remaining(until));
    const call = request(url, { ...trust, signal, agent: false, headers: { accept: 'application/json' } }, (answer) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_BYTES) call.destroy(new Error('the answer is too large'));
        else chunks.push(chunk);
      });
      answer.on('error', reject);
      answer.on('end', () => {
        try {
          if (answer.statusCode !== 200) throw new Error(`status ${String(answer.statusCode)}`);
          resolve(JSON.parse(Buffer.concat(chunks).toString()));
        } catch (error) {
          reject(error instanceof Error ? error : new Error('no JSON'));
        }
      });
    });
    call.on('error', reject);
    call.end();
  });
}

/** The certificate of the server's chain that has one of the thumbprints, as PEM. Nothing is believed because of it: TLS verifies with it. */
function certificateOf({ hostname, port }: URL, thumbprints: readonly string[], until: number): Promise<string | undefined> {
  const wanted = new Set(thumbprints.map((thumbprint) => thumbprint.toLowerCase()));
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: port === '' ? 443 : Number(port), servername: hostname, rejectUnauthorized: false });
    socket.setTimeout(remaining(until), () => socket.destroy(new Error('the provider does not answer in time')));
    socket.on('error', reject);
    socket.on('secureConnect', () => {
      const found = chainOf(socket.getPeerCertificate(true)).find(({ fingerprint }) =>
        wanted.has(fingerprint.replaceAll(':', '').toLowerCase()),
      );
      socket.destroy();
      resolve(found === undefined ? undefined : pem(found.raw));
    });
  });
}

/** Up to the one that signed itself. */
function chainOf(leaf: DetailedPeerCertificate): DetailedPeerCertificate[] {
  const chain = [leaf];
  for (;;) {
    const issuer = chain.at(-1)?.issuerCertificate;
    if (issuer === undefined || chain.includes(issuer)) return chain;
    chain.push(issuer);
  }
}

function pem(der: Buffer): string {
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`;
}

function isUntrusted(error: unknown): boolean {
  return error instanceof Error && 'code' in error && UNTRUSTED.has(String(error.code));
}

function remaining(until: number): number {
  return Math.max(1, Math.ceil(until - performance.now()));
}
