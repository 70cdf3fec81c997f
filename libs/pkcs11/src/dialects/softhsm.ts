import { CKM } from '../constants.ts';
import type { Dialect } from './dialect.ts';

/** SoftHSM 2.6.1, the embedded development token. */
export const softhsm: Dialect = {
  name: 'softhsm',
  kwp: CKM.AES_KEY_WRAP_PAD,
  unsupported: {
    'kwp-any-length': 'wrapping pads the key with zeros to a multiple of 8 bytes and they stay in it; HMAC and DER do not mind',
    'kwp-edwards': 'wrap: CKR_KEY_NOT_WRAPPABLE, unwrap: CKR_FUNCTION_FAILED',
    'kwp-post-quantum': 'no ML-DSA, no ML-KEM',
    'eddsa-prehash': 'CK_EDDSA_PARAMS is not looked at: the signature would be a plain Ed25519 one',
    'ml-dsa': 'no mechanism',
    'ml-kem': 'no mechanism',
    'rsa-oaep-sha256': 'CKR_ARGUMENTS_BAD for any hash but SHA-1',
  },
  recognises: (info) => info.manufacturer === 'SoftHSM',
};
