import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { certificateFiles, openAuthority } from '../pki/certificate-authority.ts';
import { secretIn } from '../secrets-folder.ts';
import { initialiseToken, prepareTokenFolder, softHsmPlace } from './softhsm.ts';

/** Tokens that custom key stores of a local cluster can be made of, besides those that crypto workers use. */
export interface KeyStoreTokens {
  /** Path for the environment variable SOFTHSM2_CONF. */
  readonly conf: string;
  /** The operator's list, for TRENT_KEY_STORE_CLUSTERS. */
  readonly clustersFile: string;
}

/** A token to try custom key stores with. */
interface Demonstration {
  readonly clusterId: string;
  /** Name of its certificate: tokens that share it pass for copies of each other. */
  readonly anchor: string;
  /** Whether the operator keeps the PIN; else it is its user's alone. */
  readonly keepsPin: boolean;
}

const demonstrations: readonly Demonstration[] = [
  { clusterId: 'cluster-demonstration', anchor: 'demonstration', keepsPin: true },
  { clusterId: 'cluster-restoredCopy', anchor: 'demonstration', keepsPin: false },
  { clusterId: 'cluster-anotherToken', anchor: 'another', keepsPin: false },
];

/** Where they are in DIR; nothing is made. */
export function keyStoreTokens(tokens: string): KeyStoreTokens {
  const folder = join(tokens, 'key-store');
  return { conf: join(folder, 'softhsm2.conf'), clustersFile: join(folder, 'clusters.json') };
}

/**
 * Makes the tokens, their PINs (`<cluster id>.pin`) and certificates (`<anchor>.crt`), and writes the list. What is there is kept.
 * One folder: they are tokens of one process.
 */
export async function prepareKeyStoreTokens(tokens: string, nowMs: number): Promise<KeyStoreTokens> {
  const folder = join(tokens, 'key-store');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const soPin = secretIn(folder, 'so-pin');
  const clusters: object[] = [];
  const made = existsSync(join(folder, 'tokens')) ? readdirSync(join(folder, 'tokens')).length : 0;
  for (const [at, { clusterId, anchor, keepsPin }] of demonstrations.entries()) {
    const files = certificateFiles(join(folder, anchor));
    await openAuthority(`Trent ${anchor} key store`, files, nowMs);
    const pin = secretIn(folder, `${clusterId}.pin`);
    if (at >= made) await initialiseToken({ ...prepareTokenFolder(folder, clusterId), pin, soPin });
    const { module } = softHsmPlace(folder, clusterId);
    const pinFile = keepsPin ? { pinFile: pin.file } : {};
    clusters.push({ clusterId, module, tokenLabel: clusterId, ...pinFile, trustAnchorFile: files.certificate });
  }
  const { conf, clustersFile } = keyStoreTokens(tokens);
  writeFileSync(clustersFile, `${JSON.stringify({ clusters }, undefined, 2)}\n`, { mode: 0o600 });
  return { conf, clustersFile };
}
