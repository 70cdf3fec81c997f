import { createPublicKey, webcrypto, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import 'reflect-metadata'; // @peculiar/x509 needs it before it is loaded
import * as x509 from '@peculiar/x509';

/** P-256: the cheapest handshake that every client of Trent accepts. */
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3650;
/** A leaf lives 90 days and is made anew when fewer than 30 are left; services take the new one up while they run. */
const LEAF_DAYS = 90;
const RENEW_BEFORE_DAYS = 30;
/** Clocks of clients may be behind. */
const BACKDATE_MS = 300_000;

/** A PEM certificate and its PEM private key (PKCS#8, mode 0600), side by side: `<stem>.crt`, `<stem>.key`. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/** What a leaf certificate says. */
export interface LeafRequest {
  readonly commonName: string;
  /** SPIFFE id: the identity that peers check (SPIFFE X509-SVID §2). */
  readonly uri?: string;
  readonly dns?: readonly string[];
  readonly ip?: readonly string[];
  readonly use: readonly ('server' | 'client')[];
}

/** A local certificate authority that lives in two files. */
export interface CertificateAuthority {
  readonly certificateFile: string;
  /** Makes the leaf, or keeps the one that is there while it is good. @returns true when it was made. */
  ensure(files: CertificateFiles, request: LeafRequest, nowMs: number): Promise<boolean>;
}

/** `<stem>.crt` and `<stem>.key`. */
export function certificateFiles(stem: string): CertificateFiles {
  return { certificate: `${stem}.crt`, key: `${stem}.key` };
}

/** Opens the authority in these files, or makes a new one when there is none or it ends within a leaf's life. */
export async function openAuthority(name: string, files: CertificateFiles, nowMs: number): Promise<CertificateAuthority> {
  if (!existsSync(files.certificate) || daysLeft(files.certificate, nowMs) < LEAF_DAYS) await makeAuthority(name, files, nowMs);
  const certificate = new x509.X509Certificate(readFileSync(files.certificate, 'utf8'));
  const signingKey = await importKey(files.key);
  return {
    certificateFile: files.certificate,
    ensure: async (leaf, request, at) => {
      if (isGood(leaf, request, files.certificate, at)) return false;
      await makeLeaf(certificate, signingKey, leaf, request, at);
      return true;
    },
  };
}

async function makeAuthority(name: string, files: CertificateFiles, nowMs: number): Promise<void> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(nowMs - BACKDATE_MS),
    notAfter: new Date(nowMs + AUTHORITY_DAYS * DAY_MS),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  await writePair(files, certificate.toString('pem'), keys.privateKey);
}

async function makeLeaf(
  issuer: x509.X509Certificate,
  signingKey: webcrypto.CryptoKey,
  files: CertificateFiles,
  request: LeafRequest,
  nowMs: number,
): Promise<void> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const purposes = { server: x509.ExtendedKeyUsage.serverAuth, client: x509.ExtendedKeyUsage.clientAuth };
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${request.commonName}`,
    issuer: issuer.subjectName,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(nowMs - BACKDATE_MS),
    notAfter: new Date(nowMs + LEAF_DAYS * DAY_MS),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(request.use.map((use) => purposes[use])),
      new x509.SubjectAlternativeNameExtension(alternativeNames(request)),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  await writePair(files, certificate.toString('pem'), keys.privateKey);
}

function alternativeNames(request: LeafRequest): x509.JsonGeneralNames {
  return [
    ...(request.uri === undefined ? [] : [{ type: 'url', value: request.uri } as const]),
    ...(request.dns ?? []).map((value) => ({ type: 'dns', value }) as const),
    ...(request.ip ?? []).map((value) => ({ type: 'ip', value }) as const),
  ];
}

/** There, made by the present authority for these names, and not near its end. */
function isGood(files: CertificateFiles, request: LeafRequest, authorityFile: string, nowMs: number): boolean {
  if (!existsSync(files.certificate) || !existsSync(files.key) || daysLeft(files.certificate, nowMs) < RENEW_BEFORE_DAYS) return false;
  const leaf = new X509Certificate(readFileSync(files.certificate));
  if (!leaf.verify(createPublicKey(readFileSync(authorityFile)))) return false;
  const names = new x509.X509Certificate(leaf.toString()).getExtension(x509.SubjectAlternativeNameExtension)?.names.toJSON() ?? [];
  return JSON.stringify(names) === JSON.stringify(new x509.GeneralNames(alternativeNames(request)).toJSON());
}

function daysLeft(certificateFile: string, nowMs: number): number {
  return (new X509Certificate(readFileSync(certificateFile)).validToDate.getTime() - nowMs) / DAY_MS;
}

async function importKey(file: string): Promise<webcrypto.CryptoKey> {
  const [der] = x509.PemConverter.decode(readFileSync(file, 'utf8'));
  if (der === undefined) throw new Error(`${file} holds no PEM key`);
  return webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
}

/** Key first, each by rename: who reads meanwhile sees a whole file. */
async function writePair(files: CertificateFiles, certificate: string, key: webcrypto.CryptoKey): Promise<void> {
  mkdirSync(dirname(files.key), { recursive: true, mode: 0o700 });
  const pem = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
  for (const [file, text, mode] of [
    [files.key, pem, 0o600],
    [files.certificate, certificate, 0o644],
  ] as const) {
    writeFileSync(`${file}.new`, `${text.trimEnd()}\n`, { mode });
    renameSync(`${file}.new`, file);
  }
}
