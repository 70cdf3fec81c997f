import type { KeyTokenHeader } from '@trent/key-token';
import { CKK, compileTemplate, pinnedTemplate, type CompiledTemplate, type CryptoProfile, type Template } from '@trent/pkcs11';

/** What a private key may do, by the usage of its KMS key: one thing. The rest stays switched off in the token. */
const purposes: Readonly<Record<string, Template>> = {
  'rsa/SIGN_VERIFY': { sign: true, decrypt: false },
  'rsa/ENCRYPT_DECRYPT': { sign: false, decrypt: true },
  'ec/SIGN_VERIFY': { sign: true, derive: false },
  'ec/KEY_AGREEMENT': { sign: false, derive: true },
  'post-quantum/SIGN_VERIFY': { keyType: CKK.ML_DSA, sign: true, decapsulate: false },
  'post-quantum/ENCAPSULATE_DECAPSULATE': { keyType: CKK.ML_KEM, sign: false, decapsulate: true },
};

/**
 * Templates of C_UnwrapKey: what the wrapping key of the class pins, and the purpose that the header names. Not private: in SoftHSM that would cost
 * 25 to 40 % of every use, and a session object is seen by nobody else.
 */
export class BackingKeyTemplates {
  readonly #profile: CryptoProfile;
  readonly #compiled = new Map<string, CompiledTemplate>();

  constructor(profile: CryptoProfile) {
    this.#profile = profile;
  }

  /** Laid out once for each class and usage; both come from small tables. */
  of({ keyClass, usage }: Pick<KeyTokenHeader, 'keyClass' | 'usage'>): CompiledTemplate {
    const name = `${keyClass}/${usage}`;
    const known = this.#compiled.get(name);
    if (known !== undefined) return known;
    const template = compileTemplate({ ...pinnedTemplate(keyClass, this.#profile), ...purposes[name], private: false });
    this.#compiled.set(name, template);
    return template;
  }
}
