import { CKM } from '../constants.ts';
import type { Dialect } from './dialect.ts';

/**
 * The settings that NSS wants at C_Initialize: a database in a folder, made if it is not there, whose token has the label.
 * @param folder without quotes or backslashes
 */
export function nssParameters(folder: string, label: string): string {
  return `configdir='sql:${folder}' certPrefix='' keyPrefix='' secmod='secmod.db' flags=createifneeded dbTokenDescription='${label}'`;
}

/** What no version of NSS tried so far can do. */
export const nssLacks: Dialect['unsupported'] = {
  secp256k1: 'CKR_DOMAIN_PARAMS_INVALID',
  'mac-verdict': 'a wrong MAC is CKR_DATA_LEN_RANGE',
  'data-objects': 'CKO_DATA may be neither private nor in the token',
  'read-nested-templates': 'knows no nested templates',
  'pinned-unwrap': 'CKA_UNWRAP_TEMPLATE is stored and not applied',
  'immutable-objects': 'CKA_MODIFIABLE and CKA_COPYABLE of session objects are stored and not applied',
  'allowed-mechanisms': 'CKA_ALLOWED_MECHANISMS is stored and not applied',
  'extractable-flag': 'wraps a key that is not extractable',
  'ec-derive-flag': 'an EC private key in the token derives, whatever CKA_DERIVE was set to',
};

/** NSS softokn 3.87. A second opinion in tests; it pins nothing, so it never reaches protection level L2. */
export const softokn: Dialect = {
  name: 'softokn',
  kwp: CKM.AES_KEY_WRAP_KWP,
  isMadeBySettings: true,
  unsupported: {
    'kwp-ec': 'unwrap: CKR_TEMPLATE_INCOMPLETE',
    'kwp-edwards': 'no Edwards curves',
    'kwp-post-quantum': 'no ML-DSA, no ML-KEM',
    eddsa: 'no Edwards curves',
    'eddsa-prehash': 'no Edwards curves',
    'ml-dsa': 'no mechanism',
    'ml-kem': 'no mechanism',
    ...nssLacks,
  },
  recognises: (info) => info.manufacturer.startsWith('Mozilla'),
};
