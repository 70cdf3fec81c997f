import { X509Certificate } from 'node:crypto';

const DAY_MS = 86_400_000;

/** What a certificate says, who Trent takes its bearer for, and a verdict on its validity now. @throws Error when it is no certificate */
export function showCertificate(pem: Uint8Array, nowMs: number): string[] {
  const certificate = new X509Certificate(pem);
  const names = certificate.subjectAltName?.split(', ') ?? [];
  const rows: [string, string][] = [
    ['subject', certificate.subject],
    ['issuer', certificate.issuer],
    ['serial number', certificate.serialNumber],
    ['names', names.join(', ')],
    ['identity', identityOf(names)],
    ['valid from', certificate.validFromDate.toISOString()],
    ['valid to', certificate.validToDate.toISOString()],
    ['SHA-256', certificate.fingerprint256],
    ['verdict', verdictOf(certificate, nowMs)],
  ];
  return rows.map(([name, value]) => `${name.padEnd(14)} ${value}`);
}

function identityOf(names: readonly string[]): string {
  const id = names.find((name) => name.startsWith('URI:spiffe://'))?.slice('URI:'.length);
  if (id === undefined) return 'none: not a client of Trent';
  const [kind = '', name = ''] = new URL(id).pathname.slice(1).split('/');
  switch (kind) {
    case 'service':
      return `the service ${name}`;
    case 'operator':
      return `the operator ${name}`;
    case 'account':
      return `account ${name}, as the principal that it is mapped to`;
    default:
      return `unknown kind ${kind}`;
  }
}

function verdictOf(certificate: X509Certificate, nowMs: number): string {
  if (nowMs < certificate.validFromDate.getTime()) return 'not valid yet';
  const days = Math.floor((certificate.validToDate.getTime() - nowMs) / DAY_MS);
  return days < 0 ? 'no longer valid' : `valid for ${String(days)} days`;
}
