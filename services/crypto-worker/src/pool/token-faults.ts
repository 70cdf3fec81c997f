import { CKR, isPkcs11Error } from '@trent/pkcs11';

/** What says that the token, not what it was given, is at fault. */
const TOKEN_FAULTS: ReadonlySet<number> = new Set([
  CKR.HOST_MEMORY,
  CKR.DEVICE_ERROR,
  CKR.DEVICE_MEMORY,
  CKR.DEVICE_REMOVED,
  CKR.SESSION_CLOSED,
  CKR.SESSION_HANDLE_INVALID,
  CKR.TOKEN_NOT_PRESENT,
  CKR.USER_NOT_LOGGED_IN,
  CKR.CRYPTOKI_NOT_INITIALIZED,
]);

/** True if a PKCS#11 call failed by what it was given: modules name a ciphertext that does not open in many ways (SoftHSM: CKR_GENERAL_ERROR). */
export function isInputFault(error: unknown): boolean {
  return isPkcs11Error(error) && !TOKEN_FAULTS.has(error.rv);
}
