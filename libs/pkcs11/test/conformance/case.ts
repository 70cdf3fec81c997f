import type { Capability, Module, ObjectHandle, Session, Template } from '../../src/index.ts';
import { CKK, CKM, CKO, plain } from '../../src/index.ts';

/** Where a case runs: one logged-in session of the module under test. */
export interface Place {
  readonly module: Module;
  readonly session: Session;
  readonly pin: Buffer;
}

/** One true sentence about every module, or about those that have a capability. */
export interface ConformanceCase {
  readonly name: string;
  /** Where the dialect declares the lack of it, the case must fail. */
  readonly needs?: Capability;
  run(place: Place): void | Promise<void>;
}

/** A session AES-256 key with the usage given. */
export function anAesKey({ session }: Place, usage: Template): ObjectHandle {
  return session.generateKey(plain(CKM.AES_KEY_GEN), {
    ...{ class: CKO.SECRET_KEY, keyType: CKK.AES, token: false, valueLength: 32, sensitive: true, extractable: false },
    ...usage,
  });
}

/** A session secret key of known value. */
export function aKnownKey({ session }: Place, keyType: number, value: Uint8Array, usage: Template): ObjectHandle {
  return session.createObject({
    ...{ class: CKO.SECRET_KEY, keyType, token: false, sensitive: false, extractable: true, value },
    ...usage,
  });
}
