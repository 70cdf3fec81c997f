import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, type TestKey } from '../fixtures/keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

import { currentMaterialOf, rotationsOf, type Rotation } from '../fixtures/rotations.ts';

const caller = new Caller();
let key: TestKey;
let hmac: TestKey;
const materials: string[] = [];
beforeAll(async () => {
  key = await aKey(caller);
  hmac = await aKey(caller, { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
  materials.push(await currentMaterialOf(caller, key));
  for (let turn = 0; turn < 3; turn++) {
    await caller.ok('RotateKeyOnDemand', { KeyId: key.id });
    materials.push(await currentMaterialOf(caller, key));
  }
});
afterAll(() => caller[Symbol.dispose]());

const rowOf = (KeyMaterialId: string | undefined, KeyMaterialState: string) => ({
  KeyId: key.id,
  KeyMaterialId,
  KeyMaterialState,
  RotationDate: expect.any(Number),
  RotationType: 'ON_DEMAND',
});

describe('ListKeyRotations', () => {
  test('lists rotations that were done, oldest first', async () => {
    const answer = await caller.ok('ListKeyRotations', { KeyId: key.id });
    expect(answer.body).toEqual({
      Rotations: [rowOf(materials[1], 'NON_CURRENT'), rowOf(materials[2], 'NON_CURRENT'), rowOf(materials[3], 'CURRENT')],
      Truncated: false,
    });
    await expectRecord(caller, 'ListKeyRotations', answer, {
      readOnly: true,
      resources: [key.arn],
      requestParameters: { keyId: key.id },
      responseElements: null,
    });
  });

  test('lists all materials when asked: the first one came without a rotation', async () => {
    const rows = await rotationsOf(caller, key, { IncludeKeyMaterial: 'ALL_KEY_MATERIAL' });
    expect(rows.map(({ KeyMaterialId }) => KeyMaterialId)).toEqual(materials);
    expect(rows[0]).toEqual({ KeyId: key.id, KeyMaterialId: materials[0], KeyMaterialState: 'NON_CURRENT' });
  });

  test('lists none of a key that never rotated', async () => {
    const own = await aKey(caller);
    expect(await rotationsOf(caller, own)).toEqual([]);
    expect(await rotationsOf(caller, own, { IncludeKeyMaterial: 'ALL_KEY_MATERIAL' })).toEqual([
      { KeyId: own.id, KeyMaterialId: await currentMaterialOf(caller, own), KeyMaterialState: 'CURRENT' },
    ]);
  });

  test('pages, each row once, also when the key rotates in between', async () => {
    const own = await aKey(caller);
    for (let turn = 0; turn < 3; turn++) await caller.ok('RotateKeyOnDemand', { KeyId: own.id });
    const input = { KeyId: own.id, IncludeKeyMaterial: 'ALL_KEY_MATERIAL', Limit: 2 };
    const first = await caller.ok('ListKeyRotations', input);
    expect(first.body).toMatchObject({ Truncated: true });
    await caller.ok('RotateKeyOnDemand', { KeyId: own.id });
    const second = await caller.ok('ListKeyRotations', { ...input, Limit: 10, Marker: first.body['NextMarker'] });
    expect(second.body).toMatchObject({ Truncated: false });
    expect(second.body).not.toHaveProperty('NextMarker');
    const seen = [first, second].flatMap(({ body }) => (body['Rotations'] as Rotation[]).map(({ KeyMaterialId }) => KeyMaterialId));
    expect(seen).toHaveLength(5);
    expect(new Set(seen).size).toBe(5);
    for (const wrong of [{ IncludeKeyMaterial: 'ROTATIONS_ONLY' }, { KeyId: key.id }]) {
      const refused = await caller.kms('ListKeyRotations', { ...input, ...wrong, Marker: first.body['NextMarker'] });
      expect(refused.error).toBe('InvalidMarkerException');
    }
  });

  testRefusals('ListKeyRotations', true, () => caller, [
    ...keyRefusals({ caller: () => caller, action: 'ListKeyRotations', aliases: false, key: () => key }),
    { name: 'an HMAC key has no rotations', input: () => ({ KeyId: hmac.id }), error: 'UnsupportedOperationException' },
    {
      name: 'a marker that the service did not make is refused',
      input: () => ({ KeyId: key.id, Marker: 'AAAA' }),
      error: 'InvalidMarkerException',
    },
  ]);
});
