import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initialiseToken, prepareSoftHsm } from '../backends/softhsm.ts';
import { repositoryRoot } from '../config.ts';
import { freePorts } from '../free-ports.ts';
import { ManagedProcess } from '../managed-process.ts';
import { certificateFiles, openAuthority, type CertificateFiles } from '../pki/certificate-authority.ts';
import type { ProxyFault, ProxyOperation } from './faults.ts';
import type { ProxyCommand } from './main.ts';
import type { SeenRequest } from './proxy-server.ts';
import type { ExternalKeySettings, ProxyCredential, ProxySettings } from './settings.ts';

/** The name that the proxy's certificate carries; no DNS knows it. */
const HOST = 'proxy.xks.test';

/** Ports of one proxy, each with a way of its own to meet TLS. */
export type ProxyPort = 'good' | 'other-name' | 'unknown-authority' | 'old-tls' | 'client-certificate';

/** Where a running test proxy is, and whom it takes for KMS: plain data, for other processes to attach to it. */
export interface XksProxyPlace {
  readonly host: string;
  readonly uriPath: string;
  readonly credential: ProxyCredential;
  readonly ports: Readonly<Record<ProxyPort, number>>;
  /** PEM file of the authority that signed its certificates. */
  readonly caFile: string;
  /** Client certificate that its port `client-certificate` takes. */
  readonly client: CertificateFiles;
  readonly controlPort: number;
}

/** A running test proxy. */
export interface TestXksProxy extends AsyncDisposable, XksProxyPlace {
  readonly place: XksProxyPlace;
  putKey(settings: ExternalKeySettings): Promise<void>;
  removeKey(id: string): Promise<void>;
  /** Misbehaves so from now on; without a fault behaves again. */
  misbehave(operation: ProxyOperation | 'all', fault?: ProxyFault): Promise<void>;
  behave(): Promise<void>;
  /** Takes these credentials and no others. */
  takeCredentials(...credentials: readonly ProxyCredential[]): Promise<void>;
  /** What was asked, oldest first, since forget(). */
  seen(): Promise<SeenRequest[]>;
  forget(): Promise<void>;
}

/** A credential as a proxy's administrator would make one. */
export function newProxyCredential(): ProxyCredential {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const accessKeyId = [...randomBytes(26)].map((byte) => alphabet[byte % 32]).join('');
  return { accessKeyId, secretAccessKey: randomBytes(32).toString('base64') };
}

/** Starts a proxy over a SoftHSM token of its own; disposal ends it and removes the token. */
export async function startXksProxy({ region = 'us-east-1', uriPath = '/test/kms/xks/v1' } = {}): Promise<TestXksProxy> {
  await using undo = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'trent-xks-'));
  undo.defer(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  const token = prepareSoftHsm(join(folder, 'token'), 'external');
  await initialiseToken(token);
  const [good = 0, otherName = 0, unknown = 0, old = 0, client = 0, controlPort = 0] = await freePorts(6);
  const ports = { good, 'other-name': otherName, 'unknown-authority': unknown, 'old-tls': old, 'client-certificate': client };
  const { listeners, caFile, clientFiles } = await certificates(folder, region, ports);
  const credential = newProxyCredential();
  const settings: ProxySettings = {
    listeners,
    controlPort,
    region,
    uriPath,
    credentials: [credential],
    module: token.module,
    tokenLabel: token.label,
    pinFile: token.pinFile,
  };
  const settingsFile = join(folder, 'settings.json');
  writeFileSync(settingsFile, JSON.stringify(settings), { mode: 0o600 });
  const place = { host: HOST, uriPath, credential, ports, caFile, client: clientFiles, controlPort };
  const ready = () =>
    say(controlPort).then(
      () => true as const,
      () => 'no answer',
    );
  const program = {
    program: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'main.ts'), settingsFile],
  };
  const life = { env: { SOFTHSM2_CONF: token.conf }, folder: repositoryRoot, logFile: join(folder, 'proxy.log'), ready };
  await undo.use(new ManagedProcess({ name: 'xks-proxy', ...program, ...life })).start();
  const held = undo.move();
  return { ...attachXksProxy(place), [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** A proxy that somebody else has started; disposal leaves it running. */
export function attachXksProxy(place: XksProxyPlace): TestXksProxy {
  const tell = async (command: ProxyCommand): Promise<void> => {
    await say(place.controlPort, command);
  };
  return {
    ...place,
    place,
    putKey: (putKey) => tell({ putKey }),
    removeKey: (removeKey) => tell({ removeKey }),
    misbehave: (operation, fault) => tell({ fault: { operation, ...(fault === undefined ? {} : { fault }) } }),
    behave: () => tell({ clearFaults: true }),
    takeCredentials: (...credentials) => tell({ credentials }),
    seen: () => say(place.controlPort),
    forget: () => tell({ forget: true }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function certificates(folder: string, region: string, ports: Readonly<Record<ProxyPort, number>>) {
  const now = Date.now();
  const pki = (name: string): CertificateFiles => certificateFiles(join(folder, 'pki', name));
  mkdirSync(join(folder, 'pki'), { mode: 0o700 });
  const authority = await openAuthority('XKS test CA', pki('ca'), now);
  const stranger = await openAuthority('Another CA', pki('other-ca'), now);
  const [leaf, otherName, unknown, clientFiles] = [pki('proxy'), pki('other-name'), pki('unknown'), pki('client')];
  const commonName = `cks.kms.${region}.amazonaws.com`;
  await authority.ensure(leaf, { commonName: HOST, dns: [HOST], use: ['server'] }, now);
  await authority.ensure(otherName, { commonName: 'another.test', dns: ['another.test'], use: ['server'] }, now);
  await stranger.ensure(unknown, { commonName: HOST, dns: [HOST], use: ['server'] }, now);
  await authority.ensure(clientFiles, { commonName, dns: [commonName], use: ['client'] }, now);
  const caFile = pki('ca').certificate;
  const listeners: ProxySettings['listeners'] = [
    { port: ports.good, ...leaf },
    { port: ports['other-name'], ...otherName },
    { port: ports['unknown-authority'], ...unknown },
    { port: ports['old-tls'], ...leaf, maxVersion: 'TLSv1.1' },
    { port: ports['client-certificate'], ...leaf, client: { ca: caFile, commonName } },
  ];
  return { listeners, caFile, clientFiles };
}

async function say(port: number, command?: ProxyCommand): Promise<SeenRequest[]> {
  const init = command === undefined ? {} : { method: 'POST', body: JSON.stringify(command) };
  const response = await fetch(`http://127.0.0.1:${String(port)}/`, init);
  if (!response.ok) throw new Error(`the test proxy refused: ${await response.text()}`);
  return (await response.json()) as SeenRequest[];
}
