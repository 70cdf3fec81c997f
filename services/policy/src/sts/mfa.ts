import { fail } from '@trent/errors';
import type { SecretBytes } from '@trent/secret-bytes';
import { reveal } from '@trent/secret-bytes/reveal';
import type { MfaDeviceRow } from '../store/sts.ts';
import { stepOfCode } from './totp.ts';

export interface MfaDeps {
  readonly findDevice: (serialNumber: string, userArn: string, deadline: number) => Promise<MfaDeviceRow | undefined>;
  readonly takeStep: (serialNumber: string, step: number, deadline: number) => Promise<boolean>;
  readonly unseal: (sealed: Buffer, label: string, deadline: number) => Promise<SecretBytes>;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** What of an MFA device a request may name. */
export interface MfaClaim {
  readonly serialNumber?: string | undefined;
  readonly tokenCode?: string | undefined;
}

const BOTH = 'MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.';
const WRONG = 'MultiFactorAuthentication failed with invalid MFA one time pass code. ';
const UNKNOWN =
  'MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.';

/** Binds the sealed seed of a device to its serial number. */
export function mfaSeedLabel(serialNumber: string): string {
  return `mfa-device/${serialNumber}`;
}

/**
 * Judges the code of a user's device; a code counts once, on whichever replica.
 * @returns whether a code was given
 * @throws AccessDeniedException for a device that is not the user's, a wrong code, a code that was used before
 */
export async function checkMfa(deps: MfaDeps, userArn: string, { serialNumber, tokenCode }: MfaClaim, deadline: number): Promise<boolean> {
  if (serialNumber === undefined && tokenCode === undefined) return false;
  if (serialNumber === undefined || tokenCode === undefined) fail('AccessDeniedException', BOTH);
  const device = await deps.findDevice(serialNumber, userArn, deadline);
  if (device === undefined) return fail('AccessDeniedException', UNKNOWN);
  using seed = await deps.unseal(device.sealedSeed, mfaSeedLabel(serialNumber), deadline);
  const step = stepOfCode(reveal(seed), tokenCode, deps.now(), device.driftSteps);
  if (step === undefined || !(await deps.takeStep(serialNumber, step, deadline))) fail('AccessDeniedException', WRONG);
  return true;
}
