import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type PeerCertificate } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ensureAccountCertificate, ensureCertificates } from './cluster-certificates.ts';

const DAY_MS = 86_400_000;
const NOW = Date.now();

describe('the certificates of a cluster', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'trent-pki-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const read = (file: string): X509Certificate => new X509Certificate(readFileSync(file));

  test('a service certificate carries its SPIFFE id and the loopback names, and is signed by the internal authority alone', async () => {
    const files = await ensureCertificates(folder, NOW);
    const policy = read(files.service('policy').certificate);
    expect(policy.subjectAltName).toBe(
      'URI:spiffe://trent/service/policy, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
    );
    expect(policy.verify(read(files.internalCa).publicKey)).toBe(true);
    expect(policy.verify(read(files.edgeCa).publicKey)).toBe(false);
  });

  test('private keys can be read by their owner only', async () => {
    const files = await ensureCertificates(folder, NOW);
    for (const { key } of [
      files.edge,
      files.operator,
      files.service('gateway'),
      await ensureAccountCertificate(folder, '111122223333', NOW),
    ])
      expect(statSync(key).mode & 0o077).toBe(0);
  });

  test('a second run keeps every certificate; one near its end is renewed under the same authority', async () => {
    const files = await ensureCertificates(folder, NOW);
    const serial = (file: string): string => read(file).serialNumber;
    const [edge, authority] = [serial(files.edge.certificate), serial(files.edgeCa)];
    await ensureCertificates(folder, NOW + 59 * DAY_MS);
    expect(serial(files.edge.certificate)).toBe(edge);
    await ensureCertificates(folder, NOW + 61 * DAY_MS);
    expect(serial(files.edge.certificate)).not.toBe(edge);
    expect(serial(files.edgeCa)).toBe(authority);
  });

  test('a TLS server with the edge certificate accepts an account certificate and sees its SPIFFE id', async () => {
    const files = await ensureCertificates(folder, NOW);
    const account = await ensureAccountCertificate(folder, '111122223333', NOW);
    const server = createServer({
      cert: readFileSync(files.edge.certificate),
      key: readFileSync(files.edge.key),
      ca: readFileSync(files.edgeCa),
      requestCert: true,
      rejectUnauthorized: true,
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const seen = new Promise<PeerCertificate>((resolve, reject) => {
      server.once('tlsClientError', reject);
      server.once('secureConnection', (socket) => {
        resolve(socket.getPeerCertificate());
      });
    });
    const client = connect({
      port: (server.address() as AddressInfo).port,
      host: '127.0.0.1',
      servername: 'localhost',
      ca: readFileSync(files.edgeCa),
      cert: readFileSync(account.certificate),
      key: readFileSync(account.key),
    });
    expect((await seen).subjectaltname).toBe('URI:spiffe://trent/account/111122223333/root');
    client.destroy();
    server.close();
  });
});
