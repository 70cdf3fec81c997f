import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, encrypted, type TestKey } from '../fixtures/keys.ts';
import { aFamily, aPrimary, arnIn, described, HERE, THERE } from '../fixtures/multi-region.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

const here = new Caller();
const there = new Caller({ region: THERE });
let single: TestKey;
let alone: TestKey;
let family: { readonly primary: TestKey; readonly replica: TestKey };
let withDisabledReplica: { readonly primary: TestKey; readonly replica: TestKey };
let disabled: TestKey;
beforeAll(async () => {
  single = await aKey(here);
  alone = await aPrimary(here);
  family = await aFamily(here);
  withDisabledReplica = await aFamily(here);
  await there.ok('DisableKey', { KeyId: withDisabledReplica.replica.id });
  disabled = (await aFamily(here)).primary;
  await here.ok('DisableKey', { KeyId: disabled.id });
});
afterAll(() => {
  here[Symbol.dispose]();
  there[Symbol.dispose]();
});

describe('UpdatePrimaryRegion', () => {
  test('swaps primary and replica at once, while both go on to work, and is recorded in both Regions', async () => {
    const { primary, replica } = await aFamily(here);
    const before = await encrypted(here, primary, 'before');
    const answer = await here.ok('UpdatePrimaryRegion', { KeyId: primary.id, PrimaryRegion: THERE });
    expect(answer.body).toEqual({});
    const configuration = {
      PrimaryKey: { Arn: replica.arn, Region: THERE },
      ReplicaKeys: [{ Arn: primary.arn, Region: HERE }],
    };
    for (const [caller, type] of [[here, 'REPLICA'] as const, [there, 'PRIMARY'] as const])
      expect(await described(caller, primary)).toMatchObject({
        KeyState: 'Enabled',
        MultiRegionConfiguration: { MultiRegionKeyType: type, ...configuration },
      });
    expect((await there.ok('Decrypt', { CiphertextBlob: before })).body['KeyId']).toBe(replica.arn);
    const parameters = { keyId: primary.id, primaryRegion: THERE };
    await expectRecord(here, 'UpdatePrimaryRegion', answer, {
      readOnly: false,
      resources: [primary.arn, replica.arn],
      requestParameters: parameters,
      responseElements: { keyId: primary.arn },
    });
    await expectRecord(there, 'UpdatePrimaryRegion', answer, {
      readOnly: false,
      resources: [replica.arn, primary.arn],
      requestParameters: parameters,
      responseElements: { keyId: replica.arn },
    });
    expect(await here.kms('UpdatePrimaryRegion', { KeyId: primary.id, PrimaryRegion: THERE })).toMatchObject({
      error: 'UnsupportedOperationException',
      message: `${primary.arn} is not a multi-region primary key.`,
    });
    await there.ok('UpdatePrimaryRegion', { KeyId: replica.arn, PrimaryRegion: HERE });
    expect(await described(here, primary)).toMatchObject({ MultiRegionConfiguration: { MultiRegionKeyType: 'PRIMARY' } });
  });

  test('needs leave on both keys', async () => {
    const deny = (action: string) =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: { AWS: '*' }, Action: 'kms:*', Resource: '*' },
          { Effect: 'Deny', Principal: { AWS: '*' }, Action: action, Resource: '*' },
        ],
      });
    const { primary, replica } = await aFamily(here, { Policy: deny('kms:UpdatePrimaryRegion') });
    const answer = await here.kms('UpdatePrimaryRegion', { KeyId: primary.id, PrimaryRegion: THERE });
    expect(answer).toMatchObject({ error: 'AccessDeniedException', message: expect.stringContaining(replica.arn) });
    await expectRecord(here, 'UpdatePrimaryRegion', answer, { readOnly: false, error: 'AccessDenied' });
    expect(await described(here, primary)).toMatchObject({ MultiRegionConfiguration: { MultiRegionKeyType: 'PRIMARY' } });
  });

  testRefusals('UpdatePrimaryRegion', false, () => here, [
    ...keyRefusals({
      caller: () => here,
      action: 'UpdatePrimaryRegion',
      more: () => ({ PrimaryRegion: THERE }),
      aliases: false,
      key: () => family.primary,
    }),
    {
      name: 'a single-Region key has no primary',
      input: () => ({ KeyId: single.id, PrimaryRegion: THERE }),
      error: 'UnsupportedOperationException',
      message: () => `${single.arn} is not a multi-region primary key.`,
    },
    {
      name: 'a Region without a replica can not become the primary’s',
      input: () => ({ KeyId: alone.id, PrimaryRegion: THERE }),
      error: 'NotFoundException',
      message: () => `Key '${arnIn(THERE, alone)}' does not exist`,
    },
    {
      name: 'nor can one that is not served',
      input: () => ({ KeyId: family.primary.id, PrimaryRegion: 'ap-south-1' }),
      error: 'NotFoundException',
      message: () => `Key '${arnIn('ap-south-1', family.primary)}' does not exist`,
    },
    {
      name: 'the primary does not become what it is',
      input: () => ({ KeyId: family.primary.id, PrimaryRegion: HERE }),
      error: 'UnsupportedOperationException',
      message: () => `${family.primary.arn} is the primary key already.`,
    },
    {
      name: 'a disabled primary keeps its role',
      input: () => ({ KeyId: disabled.id, PrimaryRegion: THERE }),
      error: 'DisabledException',
      message: () => `${disabled.arn} is disabled.`,
    },
    {
      name: 'a disabled replica gets none',
      input: () => ({ KeyId: withDisabledReplica.primary.id, PrimaryRegion: THERE }),
      error: 'DisabledException',
      message: () => `${withDisabledReplica.replica.arn} is disabled.`,
    },
    {
      name: 'a Region must be named',
      input: () => ({ KeyId: family.primary.id }),
      error: 'ValidationException',
      message: "1 validation error detected: Value null at 'primaryRegion' failed to satisfy constraint: Member must not be null",
    },
  ]);
});
