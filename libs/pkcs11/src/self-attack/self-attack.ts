import { supports } from '../dialects/dialect.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { isPkcs11Error } from '../errors.ts';
import { defaultProfile } from '../root-set/profile.ts';
import type { CryptoProfile } from '../root-set/profile.ts';
import type { Session } from '../session.ts';
import { attacks } from './attacks.ts';
import type { Attack } from './attacks.ts';
import { carefulMaker, makePrey, releasePrey } from './throw-away.ts';
import type { Maker, Prey } from './throw-away.ts';

/**
 * L1: a stolen database is harmless. L2: besides, a compromised worker can use keys but carry no root key and no
 * backing key away. (A message key, derived for one nonce, can be carried away while the worker is held: no module
 * tested knows CKA_DERIVE_TEMPLATE.)
 */
export type ProtectionLevel = 'L1' | 'L2';

/** One attack and how it ended. */
export interface Attempt {
  readonly attack: string;
  readonly threatens: Attack['threatens'];
  readonly outcome: 'refused' | 'succeeded';
  /** The token's answer, e.g. CKR_TEMPLATE_INCONSISTENT; `withheld` for a value that it does not give. */
  readonly answer: string;
}

/** What the start-up self-attack found. */
export interface SelfAttackReport {
  readonly level: ProtectionLevel;
  readonly attempts: readonly Attempt[];
}

/**
 * Tries on throw-away session keys, made with the templates of the root set, what a compromised worker could try.
 * Takes some milliseconds on SoftHSM. A key that the module refuses to make that way leaves it at L1.
 */
export function selfAttack(
  session: Session,
  dialect: Dialect,
  options: { readonly profile?: CryptoProfile; readonly maker?: Maker } = {},
): SelfAttackReport {
  const profile = options.profile ?? defaultProfile;
  let prey: Prey;
  try {
    prey = makePrey(session, dialect, profile, options.maker ?? carefulMaker(dialect, profile));
  } catch (error) {
    if (!isPkcs11Error(error)) throw error;
    const attack = 'making keys with the templates of the root set';
    return { level: 'L1', attempts: [{ attack, threatens: 'root key', outcome: 'succeeded', answer: error.message }] };
  }
  try {
    const possible = attacks.filter(({ needs }) => needs === undefined || supports(dialect, needs));
    const attempts = possible.map((attack) => attempt(attack, prey));
    const isHeld = attempts.every(({ outcome, threatens }) => outcome === 'refused' || threatens === 'message key');
    return { level: isHeld ? 'L2' : 'L1', attempts };
  } finally {
    releasePrey(prey);
  }
}

function attempt(attack: Attack, prey: Prey): Attempt {
  const common = { attack: attack.name, threatens: attack.threatens };
  try {
    const made = attack.run(prey);
    if (made === 'refused') return { ...common, outcome: 'refused', answer: 'withheld' };
    if (made !== undefined) prey.session.destroyObject(made);
    return { ...common, outcome: 'succeeded', answer: 'CKR_OK' };
  } catch (error) {
    if (!isPkcs11Error(error)) throw error;
    return { ...common, outcome: 'refused', answer: error.name };
  }
}
