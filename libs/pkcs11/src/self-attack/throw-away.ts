import { CKK, CKM, CKO, CURVES } from '../constants.ts';
import { supports } from '../dialects/dialect.ts';
import type { Dialect } from '../dialects/dialect.ts';
import type { ObjectHandle } from '../handles.ts';
import { plain } from '../mechanism.ts';
import { keyClasses, pinnedTemplate, rootKeyTemplate } from '../root-set/templates.ts';
import type { KeyClass, RootRole } from '../root-set/templates.ts';
import type { CryptoProfile } from '../root-set/profile.ts';
import type { Session } from '../session.ts';
import type { Template } from '../template.ts';

/** Session objects that the attacks are tried on: a root set made the way a join makes it, and keys under it. */
export interface Prey {
  readonly session: Session;
  readonly dialect: Dialect;
  readonly profile: CryptoProfile;
  readonly wrapping: Readonly<Record<KeyClass, ObjectHandle>>;
  readonly binding: ObjectHandle;
  readonly digestSigning: ObjectHandle | undefined;
  /** For each class an AES key wrapped by the class's key (wrapping does not look at the type). */
  readonly wrappedSecret: Readonly<Record<KeyClass, Buffer>>;
  /** An EC private key wrapped by the key of class `ec`. */
  readonly wrappedPrivate: Buffer | undefined;
  /** Backing keys as the worker unwraps them; what is of EC is absent where the module cannot unwrap it. */
  readonly backing: Readonly<Record<'aes-derive' | 'hmac', ObjectHandle>> & { readonly ec: ObjectHandle | undefined };
  /** A wrapping key that the attacker has made. */
  readonly attackersKey: ObjectHandle;
}

/** How keys are made; the tests have a careless maker to show that the attacks bite. */
export interface Maker {
  rootKey(role: RootRole): Template;
  backingKey(keyClass: 'aes-derive' | 'hmac' | 'ec'): Template;
}

/** Makes keys with the very templates of the root set. */
export function carefulMaker(dialect: Dialect, profile: CryptoProfile): Maker {
  const name = { region: 'self-attack', rootVersion: 0 };
  return {
    rootKey: (role) => rootKeyTemplate(role, name, { dialect, profile, token: false }),
    backingKey: (keyClass) => ({
      ...pinnedTemplate(keyClass, profile),
      ...(keyClass === 'ec' ? { sign: true, derive: false } : {}),
    }),
  };
}

const extractable = { token: false, sensitive: true, extractable: true } as const;

/** Makes the throw-away keys. The caller destroys them by releasing. */
export function makePrey(session: Session, dialect: Dialect, profile: CryptoProfile, maker: Maker): Prey {
  const kwp = plain(dialect.kwp);
  const attackersKey = session.generateKey(plain(CKM.AES_KEY_GEN), {
    ...{ class: CKO.SECRET_KEY, valueLength: 32, token: false },
    ...{ encrypt: true, decrypt: true, wrap: true, unwrap: true },
  });
  const rooted = (role: RootRole): ObjectHandle => {
    const fresh = generateFor(session, role);
    const wrapped = session.wrapKey(kwp, attackersKey, fresh);
    session.destroyObject(fresh);
    return session.unwrapKey(kwp, attackersKey, wrapped, maker.rootKey(role));
  };
  const wrapping = byClass((keyClass) => rooted(`wrap/${keyClass}`));
  const wrappedSecret = byClass((keyClass) => wrapFresh(session, kwp, wrapping[keyClass], generateAes(session)));
  const withEc = supports(dialect, 'kwp-ec');
  const wrappedPrivate = withEc ? wrapFresh(session, kwp, wrapping.ec, generateEc(session)) : undefined;
  const wrappedMac = wrapFresh(session, kwp, wrapping.hmac, generateHmac(session));
  const unwrap = (keyClass: 'aes-derive' | 'hmac' | 'ec', wrapped: Buffer): ObjectHandle =>
    session.unwrapKey(kwp, wrapping[keyClass], wrapped, maker.backingKey(keyClass));
  return {
    ...{ session, dialect, profile, wrapping, wrappedSecret, wrappedPrivate, attackersKey },
    binding: rooted('binding'),
    digestSigning: withEc ? rooted('digest-signing') : undefined,
    backing: {
      'aes-derive': unwrap('aes-derive', wrappedSecret['aes-derive']),
      hmac: unwrap('hmac', wrappedMac),
      ec: wrappedPrivate === undefined ? undefined : unwrap('ec', wrappedPrivate),
    },
  };
}

/** Destroys the throw-away keys. */
export function releasePrey(prey: Prey): void {
  const keys = [...Object.values(prey.wrapping), ...Object.values(prey.backing), ...[prey.binding, prey.digestSigning, prey.attackersKey]];
  for (const key of keys) if (key !== undefined) prey.session.destroyObject(key);
}

function byClass<Value>(make: (keyClass: KeyClass) => Value): Record<KeyClass, Value> {
  return Object.fromEntries(keyClasses.map((keyClass) => [keyClass, make(keyClass)])) as Record<KeyClass, Value>;
}

function wrapFresh(session: Session, kwp: ReturnType<typeof plain>, wrapping: ObjectHandle, key: ObjectHandle): Buffer {
  const wrapped = session.wrapKey(kwp, wrapping, key);
  session.destroyObject(key);
  return wrapped;
}

function generateFor(session: Session, role: RootRole): ObjectHandle {
  if (role === 'digest-signing') return generateEc(session);
  return role === 'binding' || role === 'permit' ? generateHmac(session) : generateAes(session);
}

function generateAes(session: Session): ObjectHandle {
  return session.generateKey(plain(CKM.AES_KEY_GEN), { class: CKO.SECRET_KEY, keyType: CKK.AES, valueLength: 32, ...extractable });
}

function generateHmac(session: Session): ObjectHandle {
  const template = { class: CKO.SECRET_KEY, keyType: CKK.GENERIC_SECRET, valueLength: 32, ...extractable };
  return session.generateKey(plain(CKM.GENERIC_SECRET_KEY_GEN), template);
}

function generateEc(session: Session): ObjectHandle {
  const ecParams = Buffer.from(CURVES['P-256'], 'hex');
  const pair = session.generateKeyPair(
    plain(CKM.EC_KEY_PAIR_GEN),
    { token: false, ecParams, verify: true },
    { ...extractable, sign: true },
  );
  session.destroyObject(pair.publicKey);
  return pair.privateKey;
}
