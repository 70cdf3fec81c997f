import { foldCase } from './fold-case.ts';
import { compileGlob, piecesOf } from './glob.ts';
import { malformed, shown } from './malformed.ts';
import type { ActionSet } from './policy.ts';

const VENDOR = /^[A-Za-z0-9.-]+$/;

/** Compiles the texts of Action or NotAction: `*`, `kms:Encrypt`, `kms:Generate*`. Names compare without case. */
export function compileActions(texts: readonly string[], negated: boolean): ActionSet {
  texts.forEach(checkAction);
  const folded = texts.map(foldCase);
  return {
    negated,
    all: folded.includes('*'),
    exact: new Set(folded.filter((text) => !/[*?]/.test(text))),
    patterns: folded.filter((text) => text !== '*' && /[*?]/.test(text)).map((text) => compileGlob(piecesOf(text))),
  };
}

/** Does the set mean this action? `action` is folded. */
export function matchesAction(set: ActionSet, action: string): boolean {
  const listed = set.all || set.exact.has(action) || set.patterns.some((pattern) => pattern.matches(action));
  return listed !== set.negated;
}

function checkAction(text: string): void {
  if (text === '*') return;
  const [vendor = '', name, more] = text.split(':');
  if (name === undefined || name === '') {
    malformed('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.');
  }
  if (more !== undefined) malformed('Actions/Condition can contain only one colon.');
  if (vendor !== '*' && !VENDOR.test(vendor)) malformed(`Vendor ${shown(vendor)} is not valid`);
}
