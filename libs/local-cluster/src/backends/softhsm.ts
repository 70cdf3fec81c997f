import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { childEnvironment } from '../config.ts';
import { required, softHsmModulePath, softHsmUtilPath } from '../programs.ts';
import { secretIn, type Secret } from '../secrets-folder.ts';

const run = promisify(execFile);

/** A SoftHSM configuration with a token folder of its own: one a worker process (DESIGN 6). */
export interface SoftHsmPlace {
  readonly module: string;
  /** Path for the environment variable SOFTHSM2_CONF. */
  readonly conf: string;
  readonly label: string;
  readonly tokens: string;
  readonly pinFile: string;
  readonly soPinFile: string;
}

/** A configuration with the PINs, the token itself not there yet. */
export interface PreparedSoftHsm extends SoftHsmPlace {
  readonly pin: Secret;
  readonly soPin: Secret;
}

/** The paths in a token's folder; nothing is made. */
export function softHsmPlace(folder: string, label: string): SoftHsmPlace {
  const module = required('SoftHSM', softHsmModulePath());
  const path = (name: string): string => join(folder, name);
  return { module, label, conf: path('softhsm2.conf'), tokens: path('tokens'), pinFile: path('pin'), soPinFile: path('so-pin') };
}

/** Writes the configuration file and the PINs. */
export function prepareSoftHsm(folder: string, label: string): PreparedSoftHsm {
  const place = prepareTokenFolder(folder, label);
  return { ...place, pin: secretIn(folder, 'pin'), soPin: secretIn(folder, 'so-pin') };
}

/** Writes the configuration file alone, for who has PINs of its own. */
export function prepareTokenFolder(folder: string, label: string): SoftHsmPlace {
  const place = softHsmPlace(folder, label);
  const { tokens, conf } = place;
  mkdirSync(tokens, { recursive: true, mode: 0o700 });
  writeFileSync(conf, `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n`, {
    mode: 0o600,
  });
  return place;
}

/** Initialises an empty token with SoftHSM's own tool (the cluster's tokens are made by the ceremony instead). */
export async function initialiseToken(place: PreparedSoftHsm): Promise<void> {
  const util = required('softhsm2-util', softHsmUtilPath());
  const pins = ['--pin', place.pin.value, '--so-pin', place.soPin.value];
  await run(util, ['--init-token', '--free', '--label', place.label, ...pins], {
    env: { ...childEnvironment(), SOFTHSM2_CONF: place.conf },
  });
}
