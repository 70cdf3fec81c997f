import { CKM } from '../constants.ts';
import type { Dialect } from './dialect.ts';

/** NSS softokn 3.87. A second opinion in tests; it pins nothing, so it never reaches protection level L2. */
export const softokn: Dialect = {
  name: 'softokn',
  kwp: CKM.AES_KEY_WRAP_KWP,
  unsupported: {},
  recognises: (info) => info.manufacturer.startsWith('Mozilla'),
};
