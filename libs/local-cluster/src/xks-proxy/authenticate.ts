import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import {
  canonicalRequest,
  checkScope,
  checkSignatureTime,
  parseAuthorization,
  signingKey,
  stringToSign,
  verifySignature,
} from '@trent/sigv4';
import { ProxyError } from './proxy-error.ts';
import type { ProxyCredential } from './settings.ts';

/**
 * Checks a request's SigV4 signature (XKS Proxy API, Appendix A): made now, for service `kms-xks-proxy` of the region, over host, date and body.
 * @throws ProxyError AuthenticationFailedException
 */
export function authenticate(
  request: IncomingMessage,
  body: Buffer,
  credentials: readonly ProxyCredential[],
  region: string,
  nowMs: number,
): void {
  try {
    verify(request, body, credentials, region, nowMs);
  } catch {
    throw new ProxyError('AuthenticationFailedException', 'The request was rejected due to invalid AWS SigV4 signature.');
  }
}

function verify(
  { method, url, rawHeaders }: IncomingMessage,
  body: Buffer,
  credentials: readonly ProxyCredential[],
  region: string,
  now: number,
) {
  const facts = { method: method ?? '', path: url ?? '', query: '', rawHeaders };
  const parsed = parseAuthorization(facts);
  if ('anonymous' in parsed) throw new Error('not signed');
  checkScope(parsed.scope, { regions: [region], service: 'kms-xks-proxy' });
  checkSignatureTime(parsed.amzDate, now);
  const secret = credentials.find(({ accessKeyId }) => accessKeyId === parsed.accessKeyId)?.secretAccessKey;
  if (secret === undefined) throw new Error('unknown access key');
  if (!['host', 'x-amz-date'].every((name) => parsed.signedHeaders.includes(name))) throw new Error('host and date must be signed');
  const { date, region: scopeRegion, service } = parsed.scope;
  const key = signingKey(Buffer.from(secret), date, scopeRegion, service);
  const text = stringToSign(parsed.amzDate, parsed.scope, canonicalRequest(facts, parsed, hash('sha256', body, 'hex')));
  if (!verifySignature(key, text, parsed.signature)) throw new Error('wrong signature');
}
