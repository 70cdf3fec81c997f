import { createCipheriv, randomBytes } from 'node:crypto';
import { fail } from '@trent/errors';
import {
  CKK,
  CKM,
  CKO,
  CKR,
  compileTemplate,
  isPkcs11Error,
  oaep,
  pinnedTemplate,
  plain,
  type CompiledTemplate,
  type ObjectHandle,
  type Session,
} from '@trent/pkcs11';
import { isInputFault } from '../pool/token-faults.ts';
import { hashOf, hasInnerKey, opensInside, type ImportDeps } from './import-deps.ts';
import type { BegunImport } from './open-import-token.ts';
import { removeOaep } from './software-oaep.ts';

/** The key between RSA and the material: it may unwrap, for the length of one import. */
const innerKey = {
  class: CKO.SECRET_KEY,
  keyType: CKK.AES,
  token: false,
  private: false,
  sensitive: true,
  extractable: false,
  unwrap: true,
  wrap: false,
  encrypt: false,
  decrypt: false,
} as const;
const compiledInnerKey = compileTemplate(innerKey);
/** RFC 5649 §3: the alternative initial value's first half; OpenSSL appends the length. */
const KWP_IV = Buffer.from('a65959a6', 'hex');
/** Material inside the token, still to be judged, wrapped and destroyed. */
export interface UnwrappedMaterial {
  readonly handle: ObjectHandle;
  /** Whether this process saw what RSA had wrapped. */
  readonly inSoftware: boolean;
}

/**
 * Opens what the user wrapped, inside the token wherever the module can. Where it can't open OAEP, the private key still works inside
 * (CKM_RSA_X_509) and only the padding comes off here, which the operator must have allowed.
 * @param template of the object that the material becomes
 * @throws InvalidCiphertextException; IncorrectKeyMaterialException for what opens and is no key of the kind; UnsupportedOperationException
 */
export async function unwrapMaterial(
  deps: ImportDeps,
  session: Session,
  begun: BegunImport,
  encrypted: Buffer,
  template: CompiledTemplate,
): Promise<UnwrappedMaterial> {
  const inside = opensInside(deps, begun.algorithm);
  const { modulusBytes } = begun;
  const inner = hasInnerKey(begun.algorithm);
  if (inner ? encrypted.length <= modulusBytes : encrypted.length !== modulusBytes) fail('InvalidCiphertextException');
  const wrappingKey = await openWrappingKey(deps, session, begun, inside);
  try {
    const outer = encrypted.subarray(0, modulusBytes);
    const open = inside ? openInside : openOutside;
    if (!inner) return { handle: await open(deps, session, wrappingKey, begun, outer, template), inSoftware: !inside };
    const kek = await open(deps, session, wrappingKey, begun, outer, compiledInnerKey);
    try {
      return { handle: await unwrapKwp(deps, session, kek, encrypted.subarray(modulusBytes), template), inSoftware: !inside };
    } finally {
      session.destroyObject(kek);
    }
  } finally {
    session.destroyObject(wrappingKey);
  }
}

/** The wrapping key, for this one use and with no other right than the use needs. */
function openWrappingKey({ open }: ImportDeps, session: Session, { wrappingKey }: BegunImport, inside: boolean): Promise<ObjectHandle> {
  const { dialect, rootSet } = open;
  const template = { ...pinnedTemplate('import', rootSet.record.profile), private: false, unwrap: inside, decrypt: !inside };
  return session.onPool.unwrapKey(plain(dialect.kwp), rootSet.wrapping.import, wrappingKey.wrapped, template);
}

type OpenOuter = (
  deps: ImportDeps,
  session: Session,
  wrappingKey: ObjectHandle,
  begun: BegunImport,
  outer: Buffer,
  template: CompiledTemplate,
) => Promise<ObjectHandle>;

const openInside: OpenOuter = (_deps, session, wrappingKey, { algorithm }, outer, template) =>
  ofCiphertext(() => session.onPool.unwrapKey(oaep(hashOf(algorithm)), wrappingKey, outer, template));

const openOutside: OpenOuter = async (deps, session, wrappingKey, { algorithm, modulusBytes }, outer, template) => {
  const raw = await ofCiphertext(() => session.onPool.decrypt(plain(CKM.RSA_X_509), wrappingKey, outer));
  const encoded = Buffer.alloc(modulusBytes);
  // Modules may leave leading zeros out.
  raw.copy(encoded, modulusBytes - raw.length);
  raw.fill(0);
  const message = removeOaep(encoded, hashOf(algorithm));
  if (message === undefined || message.length === 0) return fail('InvalidCiphertextException');
  try {
    return await intoToken(deps, session, message, template);
  } finally {
    message.fill(0);
  }
};

/** Carries bytes into the token as a key of any kind: wrapped here by a key for this once, unwrapped there. */
async function intoToken(deps: ImportDeps, session: Session, bytes: Buffer, template: CompiledTemplate): Promise<ObjectHandle> {
  const kek = randomBytes(32);
  const cipher = createCipheriv('id-aes256-wrap-pad', kek, KWP_IV);
  const wrapped = Buffer.concat([cipher.update(bytes), cipher.final()]);
  const handle = carrierOf(session, kek);
  try {
    return await unwrapKwp(deps, session, handle, wrapped, template);
  } finally {
    session.destroyObject(handle);
  }
}

/** Wipes what it is given. */
function carrierOf(session: Session, kek: Buffer): ObjectHandle {
  try {
    return session.createObject({ ...innerKey, value: kek });
  } finally {
    kek.fill(0);
  }
}

function unwrapKwp({ open }: ImportDeps, session: Session, kek: ObjectHandle, wrapped: Buffer, template: CompiledTemplate) {
  return ofCiphertext(() => session.onPool.unwrapKey(plain(open.dialect.kwp), kek, wrapped, template));
}

/** Modules name a wrapping that does not open in many ways (SoftHSM: CKR_GENERAL_ERROR), and one that opens and holds no such key in one. */
async function ofCiphertext<R>(deed: () => Promise<R>): Promise<R> {
  try {
    return await deed();
  } catch (error) {
    if (!isPkcs11Error(error) || !isInputFault(error)) throw error;
    return fail(error.rv === CKR.FUNCTION_FAILED ? 'IncorrectKeyMaterialException' : 'InvalidCiphertextException', undefined, {
      cause: error,
    });
  }
}
