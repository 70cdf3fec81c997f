import { fail } from '@trent/errors';
import { keyClassOf, type KeySpec } from '@trent/key-model';
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
 * @param unserved specs that the module can not carry, with the reason
 * @throws UnsupportedOperationException for specs whose material can't be brought
 */
export function newbornOf(spec: KeySpec, unserved: ReadonlyMap<KeySpec, string>): CompiledTemplate {
  const reason = unserved.get(spec);
  const template = newbornTemplates[keyClassOf(spec)];
  if (reason !== undefined || template === undefined) {
    return fail('UnsupportedOperationException', `KeySpec ${spec} is not served: ${reason ?? 'its key material can not be imported'}.`);
  }
  return template;
}
