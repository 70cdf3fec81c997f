import { fail } from '@trent/errors';
import { isMultiRegionKeyId, type KeyId } from '@trent/identifiers';
import {
  CKU,
  findRootSet,
  missingFromToken,
  openModule,
  selfAttack,
  verifyRootSet,
  type Dialect,
  type Module,
  type RootSet,
  type SelfAttackReport,
  type Session,
} from '@trent/pkcs11';
import { readPin } from './read-pin.ts';

/** A token that has joined the root sets of its region and of the region's group, logged in, its defences tried. */
export interface OpenToken {
  readonly module: Module;
  readonly dialect: Dialect;
  readonly session: Session;
  readonly rootSet: RootSet;
  /** Of the group of regions, for multi-Region keys; undefined: the region is in no group. */
  readonly groupRootSet: RootSet | undefined;
  readonly attack: SelfAttackReport;
  readonly label: string;
  /** A further session of the same login, for work off the event loop. */
  readonly openSession: () => Session;
}

export interface TokenPlace {
  readonly modulePath: string;
  /** Settings that the module wants at C_Initialize (NSS). */
  readonly moduleParameters?: string | undefined;
  readonly label: string;
  readonly pinFile: string;
  readonly region: string;
  readonly group: string | undefined;
}

/**
 * Opens the token and refuses what it may not lean on: no token, no root set of the region or its group, root keys that are not as their templates say, a
 * module that lacks a part of the crypto profile.
 * @throws Error with one line that says what is wrong
 */
export function openToken(place: TokenPlace): OpenToken {
  const { modulePath, moduleParameters: libraryParameters } = place;
  const module = openModule({ path: modulePath, ...(libraryParameters === undefined ? {} : { libraryParameters }) });
  const info = module.findToken(place.label);
  if (info === undefined) throw new Error(`the module has no token labelled ${place.label}`);
  const session = module.openSession(info.slot, { readWrite: true });
  const pin = readPin(place.pinFile);
  session.login(CKU.USER, pin);
  pin.fill(0);
  const open = { module, dialect: module.dialect, session, label: place.label };
  const rootSet = rootSetNamed(open, place.region);
  const groupRootSet = place.group === undefined ? undefined : rootSetNamed(open, place.group);
  const openSession = () => module.openSession(info.slot, { readWrite: true });
  return { ...open, rootSet, groupRootSet, attack: selfAttack(session, module.dialect), openSession };
}

/** The root set that the token has joined under this name. @throws Error with one line that says why it is of no use */
function rootSetNamed({ module, session, label }: Pick<OpenToken, 'module' | 'session' | 'label'>, name: string): RootSet {
  const rootSet = findRootSet(session, module.dialect, name);
  if (rootSet === undefined) throw new Error(`token ${label} has not joined the root set of ${name}`);
  const deviations = verifyRootSet(session, module.dialect, rootSet);
  if (deviations.length > 0) throw new Error(`root keys are not as they must be: ${deviations.join('; ')}`);
  const missing = missingFromToken(session, module.dialect, rootSet.record.profile);
  if (missing.length > 0) throw new Error(`the module lacks parts of the crypto profile: ${missing.join('; ')}`);
  return rootSet;
}

/**
 * The root set that a key belongs to: a multi-Region key's is the group's, so that the tokens of all its regions open it; any other key's is the
 * region's, so that no other region's do (P5).
 * @throws UnsupportedOperationException for a multi-Region key in a region without a group
 */
export function rootSetFor(open: OpenToken, keyId: string): RootSet {
  if (!isMultiRegionKeyId(keyId as KeyId)) return open.rootSet;
  return open.groupRootSet ?? fail('UnsupportedOperationException', 'Multi-Region keys are not served in this Region.');
}
