import { fail } from '@trent/errors';
import { keySpecs, type KeySpec } from '@trent/key-model';
import type { KeyClass } from '@trent/key-token';
import { CKK, CKO, compileTemplate, type CompiledTemplate } from '@trent/pkcs11';

/** Imported as generated keys are born: session objects that leave the token once, wrapped; what is unwrapped later may not. */
const born = { token: false, private: false, sensitive: true, extractable: true } as const;
const secret = { class: CKO.SECRET_KEY, ...born, encrypt: false, decrypt: false } as const;

/**
 * What imported material becomes until it is wrapped, by class. The uses are those that its fingerprint takes; the wrapped form has none but its
 * class's own.
 */
const newbornTemplates: Readonly<Partial<Record<KeyClass, CompiledTemplate>>> = {
  'aes-derive': compileTemplate({ ...secret, keyType: CKK.AES, derive: true }),
  hmac: compileTemplate({ ...secret, keyType: CKK.GENERIC_SECRET, sign: true }),
  rsa: compileTemplate({ class: CKO.PRIVATE_KEY, keyType: CKK.RSA, ...born, sign: true }),
  ec: compileTemplate({ class: CKO.PRIVATE_KEY, keyType: CKK.EC, ...born, sign: true, derive: true }),
};

/**
 * The template for material of a spec.
 * @throws UnsupportedOperationException for specs whose material can't be brought
 */
export function newbornOf(spec: KeySpec): CompiledTemplate {
  const { keyClass, chinaOnly } = keySpecs[spec];
  const template = chinaOnly === true ? undefined : newbornTemplates[keyClass];
  return template ?? fail('UnsupportedOperationException', `Key material of key spec ${spec} can not be imported into the HSM.`);
}
