import { CKM, CKR } from '../constants.ts';
import type { Dialect } from './dialect.ts';
import { nssLacks, softokn } from './softokn.ts';

/** The first version that was tried with Trent and has ML-DSA and ML-KEM; 3.110 has neither. */
const SINCE_MINOR = 131;

/** NSS softokn from 3.131: EC, Ed25519, ML-DSA and ML-KEM keys go through KWP. It pins nothing, so it stays at protection level L1. */
export const softoknPostQuantum: Dialect = {
  name: 'softokn-post-quantum',
  kwp: CKM.AES_KEY_WRAP_KWP,
  isMadeBySettings: true,
  isEdwardsPointBare: true,
  // An RSA signature whose padding is wrong is named by the error that an earlier call left behind.
  wrongSignature: [CKR.DEVICE_ERROR],
  unsupported: {
    'eddsa-prehash': 'CKR_MECHANISM_PARAM_INVALID',
    ...nssLacks,
  },
  recognises: (info) => softokn.recognises(info) && isSince(info.libraryVersion),
};

function isSince(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 3 || (major === 3 && minor >= SINCE_MINOR);
}
