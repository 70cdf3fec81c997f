import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { nssParameters } from '@trent/pkcs11';
import { softoknFolder, softoknModulePath } from '../programs.ts';
import { secretIn } from '../secrets-folder.ts';
import { prepareSoftHsm, softHsmPlace } from './softhsm.ts';

/** The PKCS#11 modules that a local cluster can have: SoftHSM pins keys, NSS softokn carries Ed25519, ML-DSA and ML-KEM. */
export const HSM_NAMES = ['softhsm', 'softokn'] as const;
/** One of {@link HSM_NAMES}. */
export type HsmName = (typeof HSM_NAMES)[number];

/** A token of a worker process, and what the process is told to open it. */
export interface TokenPlace {
  readonly module: string;
  /** What the module wants at C_Initialize. */
  readonly parameters: string | undefined;
  /** What the module reads from the environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly label: string;
  readonly pinFile: string;
  readonly soPinFile: string;
}

/** The paths in a token's folder; nothing is made. */
export function tokenPlace(hsm: HsmName, folder: string, label: string): TokenPlace {
  if (hsm === 'softhsm') {
    const { module, pinFile, soPinFile, conf } = softHsmPlace(folder, label);
    return { module, parameters: undefined, environment: { SOFTHSM2_CONF: conf }, label, pinFile, soPinFile };
  }
  return {
    module: softoknModulePath(),
    parameters: nssParameters(databaseIn(folder), label),
    environment: { LD_LIBRARY_PATH: softoknFolder() },
    label,
    pinFile: join(folder, 'pin'),
    soPinFile: join(folder, 'so-pin'),
  };
}

/** Makes what a token needs in its folder before it is itself made. */
export function prepareToken(hsm: HsmName, folder: string, label: string): TokenPlace {
  if (hsm === 'softhsm') prepareSoftHsm(folder, label);
  else {
    mkdirSync(databaseIn(folder), { recursive: true, mode: 0o700 });
    for (const name of ['pin', 'so-pin']) secretIn(folder, name);
  }
  return tokenPlace(hsm, folder, label);
}

function databaseIn(folder: string): string {
  return join(folder, 'nss');
}
