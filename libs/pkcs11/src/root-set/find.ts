import { CKK, CKO } from '../constants.ts';
import { supports } from '../dialects/dialect.ts';
import type { Dialect } from '../dialects/dialect.ts';
import type { ObjectHandle } from '../handles.ts';
import type { Session } from '../session.ts';
import type { AttributeName, Template } from '../template.ts';
import { defaultProfile } from './profile.ts';
import type { CryptoProfile } from './profile.ts';
import { keyClasses, rootKeyLabel, rootKeyTemplate, rootRoles } from './templates.ts';
import type { KeyClass, RootRole, RootSetName } from './templates.ts';

/** What a token remembers of a join; written last, so that its presence says that the root set is whole. */
export interface RootSetRecord extends RootSetName {
  readonly format: 'trent-root-set/1';
  /** Hexadecimal SHA-256 of the root package that the keys came from. */
  readonly packageDigest: string;
  readonly profile: CryptoProfile;
  /** SubjectPublicKeyInfo (DER, base64) of the digest-signing key. */
  readonly digestSigningPublicKey: string;
}

/** The root set of a region in a token: handles, valid as long as the process keeps its login. */
export interface RootSet {
  readonly record: RootSetRecord;
  readonly wrapping: Readonly<Record<KeyClass, ObjectHandle>>;
  /** HMAC-SHA-256 key of the key tokens. */
  readonly binding: ObjectHandle;
  /** HMAC-SHA-256 key that the hourly permit keys come from. */
  readonly permitRoot: ObjectHandle;
  /** EC P-256 private key that signs digests of the audit log. */
  readonly digestSigning: ObjectHandle;
}

const application = 'trent root set';

/** The object that carries a record: CKO_DATA, or where the module has none a secret key of zeros that may do nothing, with the record as its CKA_ID. */
export function recordTemplate(record: RootSetRecord, dialect: Dialect): Template {
  const text = Buffer.from(JSON.stringify(record), 'utf8');
  return {
    ...recordsTemplate(dialect),
    ...(supports(dialect, 'data-objects')
      ? { value: text }
      : { id: text, value: Buffer.alloc(32), sign: false, verify: false, derive: false }),
    private: true,
    label: `trent/${record.region}/v${String(record.rootVersion)}/record`,
    modifiable: false,
  };
}

/** What the records of a token have in common and nothing else in it has: every other secret key stays in the token. */
function recordsTemplate(dialect: Dialect): Template {
  if (supports(dialect, 'data-objects')) return { class: CKO.DATA, token: true, application };
  return { class: CKO.SECRET_KEY, keyType: CKK.GENERIC_SECRET, token: true, sensitive: false, extractable: true };
}

/** Every complete root set of the token, newest version first. The user must be logged in. */
export function listRootSets(session: Session, dialect: Dialect): RootSetRecord[] {
  const carrier = supports(dialect, 'data-objects') ? 'value' : 'id';
  return session
    .findObjects(recordsTemplate(dialect))
    .map((object) => parseRecord(session.getAttributes(object, [carrier])[carrier]))
    .sort((a, b) => b.rootVersion - a.rootVersion);
}

function parseRecord(value: Uint8Array | undefined): RootSetRecord {
  const record = JSON.parse(Buffer.from(value ?? []).toString('utf8')) as Partial<RootSetRecord>;
  if (record.format !== 'trent-root-set/1') throw new Error('the token holds a root set of an unknown format');
  return record as RootSetRecord;
}

/**
 * The root set of a region, the newest version unless one is named; undefined when the token has not joined.
 * @throws Error when a key of a recorded root set is missing or there twice
 */
export function findRootSet(session: Session, dialect: Dialect, region: string, rootVersion?: number): RootSet | undefined {
  const record = listRootSets(session, dialect).find(
    (candidate) => candidate.region === region && (rootVersion ?? candidate.rootVersion) === candidate.rootVersion,
  );
  if (record === undefined) return undefined;
  const keyOf = (role: RootRole): ObjectHandle => findRootKey(session, record, role);
  return {
    record,
    wrapping: Object.fromEntries(keyClasses.map((keyClass) => [keyClass, keyOf(`wrap/${keyClass}`)])) as Record<KeyClass, ObjectHandle>,
    binding: keyOf('binding'),
    permitRoot: keyOf('permit'),
    digestSigning: keyOf('digest-signing'),
  };
}

function findRootKey(session: Session, name: RootSetName, role: RootRole): ObjectHandle {
  const label = rootKeyLabel(name, role);
  const [key, ...others] = session.findObjects({ token: true, label });
  if (key === undefined) throw new Error(`the token lacks the root key ${label}`);
  if (others.length > 0) throw new Error(`the token has more than one root key ${label}`);
  return key;
}

/**
 * Compares what the token says of each root key with the template it must have.
 * @returns one line a deviation, naming key and attribute; empty when all is as it must be
 */
export function verifyRootSet(session: Session, dialect: Dialect, rootSet: RootSet): string[] {
  const { record } = rootSet;
  if (JSON.stringify(record.profile) !== JSON.stringify(defaultProfile)) return ['the crypto profile is not known'];
  return rootRoles.flatMap((role) => {
    const expected = rootKeyTemplate(role, record, { dialect, profile: record.profile, token: true });
    const names = Object.keys(expected) as AttributeName[];
    const actual = session.getAttributes(findRootKey(session, record, role), names);
    return deviations(expected, actual).map((name) => `${rootKeyLabel(record, role)}: ${name}`);
  });
}

function deviations(expected: Template, actual: Template): string[] {
  return (Object.keys(expected) as AttributeName[]).flatMap((name) => {
    const [wanted, found] = [expected[name], actual[name]];
    if (name === 'unwrapTemplate') {
      return deviations(wanted as Template, (found ?? {}) as Template).map((inner) => `${name}.${inner}`);
    }
    return JSON.stringify(wanted) === JSON.stringify(found) ? [] : [name];
  });
}
