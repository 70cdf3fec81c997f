import { CKM } from '../constants.ts';
import type { Dialect } from './dialect.ts';

/** A module that nobody has described yet is taken at the word of PKCS#11 3.1. */
export const standard: Dialect = {
  name: 'standard',
  kwp: CKM.AES_KEY_WRAP_KWP,
  unsupported: {},
  recognises: () => true,
};
