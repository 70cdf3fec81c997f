import { readFileSync } from 'node:fs';
import { field, filePath, integer, type Field } from '@trent/bootstrap';
import type { XksTls } from './exchange.ts';
import type { XksEgress } from './proxy.ts';
import { parseAllowedProxy, type AllowedProxies } from './routes.ts';

/** What AWS KMS allows a proxy for a whole answer, in milliseconds (XKS Proxy API). */
const AWS_TIMEOUT_MS = 250;
/** A permit lives three seconds; an answer later than this would come too late. */
const MAX_TIMEOUT_MS = 2_000;

function allowedProxies(): Field<AllowedProxies> {
  const form = 'host, host@address:port, each behind "<VPC endpoint service name>=" for private ones, separated by commas';
  return field(form, (value) => {
    const entries = value
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '')
      .map(parseAllowedProxy);
    return entries.every((entry) => entry !== undefined) ? entries : undefined;
  });
}

/** The egress to external key store proxies: docs/key-stores.md. */
export const xksConfig = {
  xksAllowedProxies: allowedProxies()
    .default([])
    .describe(
      'Proxies that external key stores may have. A host alone is resolved, must have public addresses, and is asked at port 443; behind @ stands where it is instead. Empty: none may',
    ),
  xksCaFile: filePath()
    .optional()
    .describe('PEM file with the authorities that proxies’ certificates must come from; without it, those that Node.js knows'),
  xksClientCertificateFile: filePath()
    .optional()
    .describe('PEM certificate for proxies that ask for one (mTLS); AWS KMS has common name cks.kms.<region>.amazonaws.com there'),
  xksClientKeyFile: filePath().optional().describe('PEM private key of that certificate'),
  xksTimeoutMs: integer({ min: AWS_TIMEOUT_MS, max: MAX_TIMEOUT_MS })
    .default(AWS_TIMEOUT_MS)
    .describe('How long a proxy may take for a whole answer, connection included; AWS KMS allows 250 ms'),
  xksConcurrency: integer({ min: 1, max: 1_000 })
    .default(64)
    .describe('Calls at once to the proxy of one store; four times as many may wait'),
};

interface XksSettings {
  readonly xksAllowedProxies: AllowedProxies;
  readonly xksCaFile?: string | undefined;
  readonly xksClientCertificateFile?: string | undefined;
  readonly xksClientKeyFile?: string | undefined;
  readonly xksTimeoutMs: number;
  readonly xksConcurrency: number;
}

/** The egress that the configuration describes. @throws Error one line, when a file can't be read or one of certificate and key is missing */
export function xksEgressOf(config: XksSettings): XksEgress {
  const { xksAllowedProxies: allowed, xksTimeoutMs: timeoutMs, xksConcurrency: concurrency } = config;
  return { allowed, timeoutMs, concurrency, tls: tlsOf(config), now: Date.now };
}

function tlsOf({ xksCaFile, xksClientCertificateFile, xksClientKeyFile }: XksSettings): XksTls {
  if ((xksClientCertificateFile === undefined) !== (xksClientKeyFile === undefined)) {
    throw new Error('TRENT_XKS_CLIENT_CERTIFICATE_FILE and TRENT_XKS_CLIENT_KEY_FILE belong together');
  }
  const pem = (file: string): string => readFileSync(file, 'utf8');
  return {
    ...(xksCaFile === undefined ? {} : { ca: pem(xksCaFile) }),
    ...(xksClientCertificateFile === undefined ? {} : { certificate: pem(xksClientCertificateFile) }),
    ...(xksClientKeyFile === undefined ? {} : { key: pem(xksClientKeyFile) }),
  };
}
