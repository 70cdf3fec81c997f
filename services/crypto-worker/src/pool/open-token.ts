import { readFileSync } from 'node:fs';
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

/** A token that has joined the region's root set, logged in, its defences tried. */
export interface OpenToken {
  readonly module: Module;
  readonly dialect: Dialect;
  readonly session: Session;
  readonly rootSet: RootSet;
  readonly attack: SelfAttackReport;
  readonly label: string;
}

export interface TokenPlace {
  readonly modulePath: string;
  readonly label: string;
  readonly pinFile: string;
  readonly region: string;
}

/**
 * Opens the token and refuses what it may not lean on: no token, no root set of the region, root keys that are not as their templates say, a
 * module that lacks a part of the crypto profile.
 * @throws Error with one line that says what is wrong
 */
export function openToken(place: TokenPlace): OpenToken {
  const module = openModule({ path: place.modulePath });
  const info = module.findToken(place.label);
  if (info === undefined) throw new Error(`the module has no token labelled ${place.label}`);
  const session = module.openSession(info.slot, { readWrite: true });
  const pin = readPin(place.pinFile);
  session.login(CKU.USER, pin);
  pin.fill(0);
  const rootSet = findRootSet(session, place.region);
  if (rootSet === undefined) throw new Error(`token ${place.label} has not joined the root set of ${place.region}`);
  const deviations = verifyRootSet(session, module.dialect, rootSet);
  if (deviations.length > 0) throw new Error(`root keys are not as they must be: ${deviations.join('; ')}`);
  const missing = missingFromToken(session, module.dialect, rootSet.record.profile);
  if (missing.length > 0) throw new Error(`the module lacks parts of the crypto profile: ${missing.join('; ')}`);
  return { module, dialect: module.dialect, session, rootSet, attack: selfAttack(session, module.dialect), label: place.label };
}

/** A PIN file may end in a line end; nothing else is taken off. */
function readPin(path: string): Buffer {
  const bytes = readFileSync(path);
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 0x0a || bytes[end - 1] === 0x0d)) end--;
  const pin = Buffer.from(bytes.subarray(0, end));
  bytes.fill(0);
  return pin;
}
