import { fail } from '@trent/errors';

import { isCompatible, keySpecs } from './key-specs.ts';
import type { KeySpec, KeyUsage, Origin } from './names.ts';

/**
 * Usage of a key to be created: given, or ENCRYPT_DECRYPT for SYMMETRIC_DEFAULT alone (API reference, CreateKey).
 * @throws {TrentError} ValidationException if it is missing for another spec or doesn't go with the spec
 */
export function usageOfNewKey(spec: KeySpec, usage: KeyUsage | undefined): KeyUsage {
  if (usage === undefined) {
    if (spec === 'SYMMETRIC_DEFAULT') return 'ENCRYPT_DECRYPT';
    return fail('ValidationException', 'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.');
  }
  if (!isCompatible(spec, usage)) fail('ValidationException', `KeyUsage ${usage} is not compatible with KeySpec ${spec}`);
  return usage;
}

/**
 * Passes if a key of this spec can have this origin.
 * @throws {TrentError} ValidationException: post-quantum keys cannot be imported; key stores hold symmetric keys of one Region alone
 */
export function checkSpecAndOrigin(spec: KeySpec, origin: Origin, multiRegion: boolean): void {
  const inKeyStore = origin === 'AWS_CLOUDHSM' || origin === 'EXTERNAL_KEY_STORE';
  if ((inKeyStore && spec !== 'SYMMETRIC_DEFAULT') || (origin === 'EXTERNAL' && !keySpecs[spec].importable)) {
    fail('ValidationException', `KeySpec ${spec} is not supported for Origin ${origin}`);
  }
  if (inKeyStore && multiRegion) fail('ValidationException', `MultiRegion is not supported for Origin ${origin}`);
}

/**
 * GenerateDataKeyPair and its twin don't work with keys in key stores (developer guide, "Custom key stores").
 * @throws {TrentError} UnsupportedOperationException
 */
export function checkMakesDataKeyPairs(arn: string, origin: Origin): void {
  if (origin === 'AWS_CLOUDHSM' || origin === 'EXTERNAL_KEY_STORE') {
    fail('UnsupportedOperationException', `${arn} origin is ${origin} which is not valid for this operation.`);
  }
}
