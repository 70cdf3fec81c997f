import { afterAll, beforeAll, describe } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { encapsulationRefusals, otherKeys, type OtherKeys } from '../fixtures/encapsulation-refusals.ts';
import { testRefusals } from '../fixtures/refusals.ts';

const caller = new Caller();
let keys: OtherKeys;
beforeAll(async () => {
  keys = await otherKeys(caller);
});
afterAll(() => caller[Symbol.dispose]());

// What a key of ML-KEM answers is in test/modules: the HSM of this cluster has none.
describe('Encapsulate', () => {
  testRefusals('Encapsulate', true, () => caller, [
    ...encapsulationRefusals('Encapsulate', { caller: () => caller, keys: () => keys, more: {} }),
  ]);
});
