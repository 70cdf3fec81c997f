import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import 'reflect-metadata'; // @peculiar/x509 needs it before it is loaded
import * as x509 from '@peculiar/x509';

/** Paths of a certificate, its key and the CA, as services take them. */
export interface TestTlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** PEM texts of a certificate and its key. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

/** A CA for tests. */
export interface TestPki {
  /** The CA's certificate, PEM. */
  readonly ca: string;
  /** Issues a certificate with SPIFFE ids (usually one) and localhost's names. */
  issue(spiffeIds: string | readonly string[], options?: { readonly days?: number }): Promise<TestCertificate>;
  /** Issues a certificate and writes `<name>.crt`, `<name>.key`, `ca.crt` into a folder. */
  write(folder: string, name: string, spiffeId: string): Promise<TestTlsFiles>;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;

/** Makes a CA with a key of its own. */
export async function makeTestPki(commonName = 'test CA'): Promise<TestPki> {
  x509.cryptoProvider.set(globalThis.crypto);
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${commonName}`,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + 30 * DAY_MS),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });
  const ca = authority.toString('pem');
  const issue: TestPki['issue'] = async (spiffeIds, { days = 7 } = {}) => {
    const own = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const certificate = await x509.X509CertificateGenerator.create({
      subject: 'CN=test',
      issuer: authority.subject,
      notBefore: new Date(Date.now() - DAY_MS),
      notAfter: new Date(Date.now() + days * DAY_MS),
      publicKey: own.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(false),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
        new x509.SubjectAlternativeNameExtension([
          ...[spiffeIds].flat().map((value) => ({ type: 'url' as const, value })),
          { type: 'dns', value: 'localhost' },
          { type: 'ip', value: '127.0.0.1' },
        ]),
      ],
    });
    const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', own.privateKey));
    return { cert: certificate.toString('pem'), key: x509.PemConverter.encode(key, 'PRIVATE KEY') };
  };
  return { ca, issue, write: (folder, name, spiffeId) => writeFiles(folder, name, ca, issue(spiffeId)) };
}

async function writeFiles(folder: string, name: string, ca: string, issued: Promise<TestCertificate>): Promise<TestTlsFiles> {
  const { cert, key } = await issued;
  const files = { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`), ca: join(folder, 'ca.crt') };
  mkdirSync(folder, { recursive: true });
  writeFileSync(files.cert, cert);
  writeFileSync(files.key, key, { mode: 0o600 });
  writeFileSync(files.ca, ca);
  return files;
}
