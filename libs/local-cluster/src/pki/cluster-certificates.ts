import { join } from 'node:path';
import { certificateFiles, openAuthority, type CertificateAuthority, type CertificateFiles } from './certificate-authority.ts';

/** The one trust domain of a local cluster. */
export const TRUST_DOMAIN = 'trent';

/** Services, which run in every zone. */
export const SERVICES = ['gateway', 'policy', 'key-metadata', 'crypto-worker', 'audit-ingest'] as const;
/** All with an internal identity: the key-store process is an entry of crypto-worker and runs once. */
const IDENTITIES = [...SERVICES, 'key-store'] as const;
export type ServiceName = (typeof IDENTITIES)[number];

/** On one machine every service is reached at these names. */
const LOOPBACK = { dns: ['localhost'], ip: ['127.0.0.1', '::1'] } as const;
const EDGE = { dns: ['localhost', '*.localhost'], ip: ['127.0.0.1', '::1'] } as const;

/** Where the certificates of a cluster are (`DIR/pki`). */
export interface ClusterCertificates {
  readonly internalCa: string;
  readonly edgeCa: string;
  readonly edge: CertificateFiles;
  readonly operator: CertificateFiles;
  service(name: ServiceName): CertificateFiles;
  account(accountId: string): CertificateFiles;
}

/** The files' paths alone; nothing is read or made. */
export function clusterCertificates(folder: string): ClusterCertificates {
  return {
    internalCa: join(folder, 'internal-ca.crt'),
    edgeCa: join(folder, 'edge-ca.crt'),
    edge: certificateFiles(join(folder, 'edge')),
    operator: certificateFiles(join(folder, 'operator')),
    service: (name) => certificateFiles(join(folder, name)),
    account: (accountId) => certificateFiles(join(folder, `account-${accountId}`)),
  };
}

/**
 * Makes what is missing and renews what is near its end: the internal authority signs services and operators,
 * the edge authority the gateway's public certificate and the clients of accounts. So a client certificate opens no internal door.
 */
export async function ensureCertificates(folder: string, nowMs: number): Promise<ClusterCertificates> {
  const files = clusterCertificates(folder);
  const internal = await openAuthority('Trent local internal CA', certificateFiles(join(folder, 'internal-ca')), nowMs);
  const edge = await edgeAuthority(folder, nowMs);
  for (const name of IDENTITIES) {
    const uri = `spiffe://${TRUST_DOMAIN}/service/${name}`;
    await internal.ensure(files.service(name), { commonName: name, uri, ...LOOPBACK, use: ['server', 'client'] }, nowMs);
  }
  await internal.ensure(files.operator, { commonName: 'operator', uri: `spiffe://${TRUST_DOMAIN}/operator/local`, use: ['client'] }, nowMs);
  await edge.ensure(files.edge, { commonName: 'localhost', ...EDGE, use: ['server'] }, nowMs);
  return files;
}

/** SPIFFE id of an account's client certificate. */
export function accountSpiffeId(accountId: string): string {
  return `spiffe://${TRUST_DOMAIN}/account/${accountId}/root`;
}

/** Makes or renews the client certificate with which an account's root calls the native API. */
export async function ensureAccountCertificate(folder: string, accountId: string, nowMs: number): Promise<CertificateFiles> {
  const leaf = clusterCertificates(folder).account(accountId);
  const authority = await edgeAuthority(folder, nowMs);
  await authority.ensure(leaf, { commonName: `account ${accountId}`, uri: accountSpiffeId(accountId), use: ['client'] }, nowMs);
  return leaf;
}

async function edgeAuthority(folder: string, nowMs: number): Promise<CertificateAuthority> {
  return openAuthority('Trent local edge CA', certificateFiles(join(folder, 'edge-ca')), nowMs);
}
