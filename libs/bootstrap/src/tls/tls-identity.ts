import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { bootstrapEvents } from '../log/events.ts';
import type { experimental } from '@grpc/grpc-js';
import type { Logger } from '../log/logger.ts';

/** Paths of PEM files. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  /** CA that the other side's certificate must come from. */
  readonly ca: string;
}

/** The PEM texts as they were when they were last good. */
export interface TlsMaterial {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca: Buffer;
}

/**
 * A certificate with its key and the CA of the other side, read again while the process runs. Files that don't belong together (one is
 * written, the other not yet) or can't be read change nothing: the last good ones stay.
 */
export interface TlsIdentity {
  readonly trustDomain: string;
  current(): TlsMaterial;
  /** When the certificate ends, epoch milliseconds. */
  expiresAt(): number;
  /** Calls back with each new material, not with the current one; returns the way to stop. */
  onChange(listener: (material: TlsMaterial) => void): () => void;
  /** The same for grpc-js, which takes certificates from providers. */
  readonly provider: experimental.CertificateProvider;
  /** Looks at the files now; true when something new was taken. */
  reload(): boolean;
  close(): void;
}

/** How often files are looked at: Kubernetes renews a mounted secret within a minute, and reading three files costs 0.1 ms. */
const RELOAD_EVERY_MS = 5_000;

/**
 * Reads the files and watches them by reading (a mounted secret changes by symbolic link, which file watchers miss).
 * @throws {Error} when the files can't be read or don't belong together at the start
 */
export function openTlsIdentity(files: TlsFiles, options: { readonly trustDomain: string; readonly log: Logger }): TlsIdentity {
  let material = readMaterial(files);
  let digest = digestOf(material);
  let refused = '';
  const listeners = new Set<(material: TlsMaterial) => void>();
  const reload = (): boolean => {
    try {
      const next = readMaterial(files);
      if (digestOf(next) === digest) return false;
      material = next;
      digest = digestOf(next);
      refused = '';
      options.log.info(bootstrapEvents.certificateLoaded, { file: files.cert, expires_at: expiryOf(next).toISOString() });
      for (const listener of listeners) listener(next);
      return true;
    } catch (error) {
      if (refused !== String(error)) options.log.warn(bootstrapEvents.certificateRefused, { file: files.cert }, error);
      refused = String(error);
      return false;
    }
  };
  const timer = setInterval(reload, RELOAD_EVERY_MS).unref();
  const onChange = (listener: (material: TlsMaterial) => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return {
    trustDomain: options.trustDomain,
    current: () => material,
    expiresAt: () => expiryOf(material).getTime(),
    onChange,
    provider: providerOf(() => material, onChange),
    reload,
    close: () => {
      clearInterval(timer);
      listeners.clear();
    },
  };
}

function readMaterial(files: TlsFiles): TlsMaterial {
  const material = { cert: readFileSync(files.cert), key: readFileSync(files.key), ca: readFileSync(files.ca) };
  createSecureContext(material); // throws when key and certificate don't belong together
  return material;
}

function digestOf(material: TlsMaterial): string {
  return createHash('sha256').update(material.cert).update(material.key).update(material.ca).digest('hex');
}

function expiryOf(material: TlsMaterial): Date {
  return new X509Certificate(material.cert).validToDate;
}

/**
 * grpc-js asks a provider twice: for the CA and for the identity; both come from the same files here. The first answer must come in a later
 * turn: the server registers its own watcher only after it has asked.
 */
function providerOf(
  current: () => TlsMaterial,
  onChange: (listener: (material: TlsMaterial) => void) => () => void,
): experimental.CertificateProvider {
  const stops = new Map<unknown, () => void>();
  const add = (key: unknown, tell: (material: TlsMaterial) => void): void => {
    stops.set(key, onChange(tell));
    process.nextTick(() => {
      if (stops.has(key)) tell(current());
    });
  };
  const remove = (key: unknown): void => {
    stops.get(key)?.();
    stops.delete(key);
  };
  return {
    addCaCertificateListener: (listener) => add(listener, (material) => listener({ caCertificate: material.ca })),
    removeCaCertificateListener: remove,
    addIdentityCertificateListener: (listener) =>
      add(listener, (material) => listener({ certificate: material.cert, privateKey: material.key })),
    removeIdentityCertificateListener: remove,
  };
}
