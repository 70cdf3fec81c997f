import { readFileSync } from 'node:fs';

/** One place where the proxy listens. */
export interface ProxyListener {
  readonly port: number;
  /** PEM files. */
  readonly certificate: string;
  readonly key: string;
  /** Speaks nothing newer. */
  readonly maxVersion?: 'TLSv1.1' | 'TLSv1.2';
  /** Takes only clients with a certificate of this authority and this common name (mTLS). */
  readonly client?: { readonly ca: string; readonly commonName: string };
}

/** A key in the proxy's token. */
export interface ExternalKeySettings {
  readonly id: string;
  /** Housekeeping bytes of each ciphertext, as text of at most 20 bytes: a key that rotates would put its version there. */
  readonly metadata?: string;
  readonly ivBytes?: 12 | 16;
  /** What GetKeyMetadata tells; an enabled AES-256 key for both operations unless said. */
  readonly keySpec?: string;
  readonly keyUsage?: readonly string[];
  readonly keyStatus?: string;
}

/** Whom the proxy takes for KMS. */
export interface ProxyCredential {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** What the proxy process is told. */
export interface ProxySettings {
  readonly listeners: readonly ProxyListener[];
  /** Loopback port of its remote control. */
  readonly controlPort: number;
  readonly region: string;
  /** `[/prefix]/kms/xks/v1` */
  readonly uriPath: string;
  readonly credentials: readonly ProxyCredential[];
  readonly module: string;
  readonly tokenLabel: string;
  readonly pinFile: string;
}

/** Reads what `startXksProxy` wrote. */
export function readProxySettings(file: string): ProxySettings {
  return JSON.parse(readFileSync(file, 'utf8')) as ProxySettings;
}
