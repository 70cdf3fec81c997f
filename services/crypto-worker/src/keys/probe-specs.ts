import { KEY_SPECS, keyClassOf, keySpecs, type KeySpec, type KeyUsage } from '@trent/key-model';
import { CKM, isPkcs11Error, plain, type ObjectHandle } from '@trent/pkcs11';
import type { OpenToken } from '../pool/open-token.ts';
import { makerOf, type Maker } from './makers.ts';
import { BackingKeyTemplates } from './templates.ts';

/**
 * Tries each key spec on throw-away keys: made, wrapped by the wrapping key of its class, unwrapped under its template. A mechanism list says nothing
 * of that: SoftHSM generates Ed25519 keys and can't wrap them. RSA keys, which take seconds to make, are judged by the mechanism's bounds.
 * @returns spec → why this module cannot carry it
 */
export function probeSpecs(open: OpenToken): ReadonlyMap<KeySpec, string> {
  const templates = new BackingKeyTemplates(open.rootSet.record.profile);
  const unserved = new Map<KeySpec, string>();
  for (const spec of KEY_SPECS) {
    const reason = whyUnserved(open, templates, spec);
    if (reason !== undefined) unserved.set(spec, reason);
  }
  return unserved;
}

function whyUnserved(open: OpenToken, templates: BackingKeyTemplates, spec: KeySpec): string | undefined {
  const { chinaOnly, modulusBytes, algorithms } = keySpecs[spec];
  if (chinaOnly === true) return 'AWS offers it in the China Regions alone';
  const usage = Object.keys(algorithms)[0] as KeyUsage;
  const maker = makerOf(spec, usage);
  if (maker === undefined) return `the HSM's module (${open.dialect.name}) has no mechanism for it`;
  try {
    if (modulusBytes !== undefined) return rsaReason(open, modulusBytes * 8);
    roundTrip(open, templates, spec, usage, maker);
    return undefined;
  } catch (error) {
    if (!isPkcs11Error(error)) throw error;
    return `the HSM's module (${open.dialect.name}) refuses ${error.message}`;
  }
}

function roundTrip({ session, rootSet, dialect }: OpenToken, templates: BackingKeyTemplates, spec: KeySpec, usage: KeyUsage, maker: Maker) {
  const keyClass = keyClassOf(spec);
  const made: ObjectHandle[] = [];
  try {
    if (maker.kind === 'secret') made.push(session.generateKey(maker.mechanism, maker.template));
    else {
      const { privateKey, publicKey } = session.generateKeyPair(maker.mechanism, maker.publicTemplate, maker.privateTemplate);
      made.push(privateKey, publicKey);
    }
    const kwp = plain(dialect.kwp);
    const wrapped = session.wrapKey(kwp, rootSet.wrapping[keyClass], made[0] as ObjectHandle);
    made.push(session.unwrapKey(kwp, rootSet.wrapping[keyClass], wrapped, templates.of({ keyClass, usage })));
  } finally {
    for (const object of made) session.destroyObject(object);
  }
}

function rsaReason({ module, session, dialect }: OpenToken, bits: number): string | undefined {
  const { minKeySize, maxKeySize } = module.mechanismInfo(session.slot, CKM.RSA_PKCS_KEY_PAIR_GEN);
  if (bits >= minKeySize && bits <= maxKeySize) return undefined;
  return `the HSM's module (${dialect.name}) makes RSA keys of ${minKeySize} to ${maxKeySize} bits`;
}
