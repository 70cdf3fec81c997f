import { fail } from '@trent/errors';

import { mayRotateAutomatically } from './key-specs.ts';
import { columnOf, keyStateTable } from './key-states.ts';
import type { Cell, KeyOperation } from './key-states.ts';
import type { KeySpec, KeyState, MultiRegionRole, Origin } from './names.ts';

/** What some operations ask of the key itself. */
export interface KeyFacts {
  readonly spec: KeySpec;
  readonly origin: Origin;
  readonly multiRegion: MultiRegionRole;
}

/** What a key of an external key store says while its store is not connected (XKS Proxy API, "Error codes", last row). */
const EXTERNAL_UNAVAILABLE =
  'This KMS key is in a custom key store that is not connected to its external key store proxy. Connect the external key store and try the request again.';

const STATE_ERRORS: Readonly<Partial<Record<Cell, string>>> = {
  PD: 'is pending deletion.',
  PI: 'is pending import.',
  NP: 'is not pending deletion.',
  UN: 'is unavailable.',
  CR: 'is creating.',
  UP: 'is updating.',
  '-': 'is unavailable.',
};

/**
 * Passes if a key in this state may be used so (table: key-states.ts), else throws what AWS KMS answers.
 * @param arn of the key: the texts begin with it
 * @param facts without them only the state is judged, not whether origin, spec or role suit the operation
 * @param origin where only that is known: a key of an external key store is unavailable in words of its own
 * @throws {TrentError} DisabledException, KMSInvalidStateException or UnsupportedOperationException
 */
export function operationInState(
  operation: KeyOperation,
  state: KeyState,
  arn: string,
  facts?: KeyFacts,
  origin: Origin | undefined = facts?.origin,
): void {
  const cell: Cell | undefined = keyStateTable[operation][columnOf[state]];
  if (cell === 'ok') return;
  if (cell === 'UN' && origin === 'EXTERNAL_KEY_STORE') fail('KMSInvalidStateException', EXTERNAL_UNAVAILABLE);
  refuseUnlessSuited(cell ?? '-', arn, facts);
}

function refuseUnlessSuited(cell: Cell, arn: string, facts: KeyFacts | undefined): void {
  switch (cell) {
    case 'D':
      return fail('DisabledException', `${arn} is disabled.`);
    case 'UO':
      return facts === undefined ? fail('UnsupportedOperationException') : wrongOrigin(arn, facts.origin);
    case 'imported':
      if (facts !== undefined && facts.origin !== 'EXTERNAL') wrongOrigin(arn, facts.origin);
      return;
    case 'status':
      if (facts !== undefined && facts.origin !== 'AWS_KMS') wrongOrigin(arn, facts.origin);
      return;
    case 'rotates':
      if (facts !== undefined) checkRotates(arn, facts);
      return;
    case 'turns':
      if (facts !== undefined) checkTurns(arn, facts);
      return;
    case 'primary':
      if (facts !== undefined && facts.multiRegion !== 'PRIMARY') notPrimary(arn);
      return;
    default:
      return fail('KMSInvalidStateException', `${arn} ${STATE_ERRORS[cell] ?? ''}`);
  }
}

/** Automatic rotation: symmetric, material of the service's own, not a replica (which follows its primary). */
function checkRotates(arn: string, facts: KeyFacts): void {
  if (facts.origin !== 'AWS_KMS') wrongOrigin(arn, facts.origin);
  if (!mayRotateAutomatically(facts.spec, facts.origin)) fail('UnsupportedOperationException');
  if (facts.multiRegion === 'REPLICA') notPrimary(arn);
}

/** Rotation on demand: symmetric, own or imported material, not a replica. Recorded: no text for other specs. */
function checkTurns(arn: string, facts: KeyFacts): void {
  if (facts.spec !== 'SYMMETRIC_DEFAULT') fail('UnsupportedOperationException');
  if (facts.origin !== 'AWS_KMS' && facts.origin !== 'EXTERNAL') wrongOrigin(arn, facts.origin);
  if (facts.multiRegion === 'REPLICA') notPrimary(arn);
}

function wrongOrigin(arn: string, origin: Origin): never {
  return fail('UnsupportedOperationException', `${arn} origin is ${origin} which is not valid for this operation.`);
}

function notPrimary(arn: string): never {
  return fail('UnsupportedOperationException', `${arn} is not a multi-region primary key.`);
}
