import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { answerOf, Caller, jsonHeaders, type Members } from '../fixtures/caller.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, type TestKey } from '../fixtures/keys.ts';
import { aFamily, aPrimary, arnIn, described, HERE, THERE } from '../fixtures/multi-region.ts';
import { expectRecord, recordOf } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

const here = new Caller();
const there = new Caller({ region: THERE });
let single: TestKey;
let primary: TestKey;
let disabled: TestKey;
let doomed: TestKey;
let replicated: TestKey;
beforeAll(async () => {
  single = await aKey(here);
  primary = await aPrimary(here);
  disabled = await aPrimary(here, { state: 'Disabled' });
  doomed = await aPrimary(here, { state: 'PendingDeletion' });
  replicated = (await aFamily(here)).primary;
});
afterAll(() => {
  here[Symbol.dispose]();
  there[Symbol.dispose]();
});

const policy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Sid: 'mine', Effect: 'Allow', Principal: { AWS: '*' }, Action: 'kms:*', Resource: '*' }],
});

describe('ReplicateKey', () => {
  test('gives a key of the same id in the other Region, enabled, with the default policy, and nothing of what is the primary’s own', async () => {
    const own = await aPrimary(here, { Description: 'of the primary', Tags: [{ TagKey: 'team', TagValue: 'blue' }] });
    const answer = await here.ok('ReplicateKey', { KeyId: own.id, ReplicaRegion: THERE });
    const replicaArn = arnIn(THERE, own);
    const { ReplicaKeyMetadata: metadata, ReplicaPolicy, ReplicaTags } = answer.body as Record<string, unknown>;
    expect(metadata).toEqual({
      AWSAccountId: here.account.accountId,
      Arn: replicaArn,
      CreationDate: expect.any(Number),
      CurrentKeyMaterialId: (await described(here, own))['CurrentKeyMaterialId'],
      CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
      Description: '',
      Enabled: true,
      EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
      KeyId: own.id,
      KeyManager: 'CUSTOMER',
      KeySpec: 'SYMMETRIC_DEFAULT',
      KeyState: 'Enabled',
      KeyUsage: 'ENCRYPT_DECRYPT',
      MultiRegion: true,
      MultiRegionConfiguration: {
        MultiRegionKeyType: 'REPLICA',
        PrimaryKey: { Arn: own.arn, Region: HERE },
        ReplicaKeys: [{ Arn: replicaArn, Region: THERE }],
      },
      Origin: 'AWS_KMS',
    });
    expect(JSON.parse(String(ReplicaPolicy))).toMatchObject({ Statement: [{ Sid: 'Enable IAM User Permissions' }] });
    expect(ReplicaTags).toEqual([]);
    expect(await described(there, own)).toEqual(metadata);
    expect(await described(here, own)).toMatchObject({
      Description: 'of the primary',
      MultiRegionConfiguration: { MultiRegionKeyType: 'PRIMARY', ReplicaKeys: [{ Arn: replicaArn, Region: THERE }] },
    });
  });

  test('takes policy, description and tags of the replica, and is recorded as ReplicateKey here and CreateKey there', async () => {
    const own = await aPrimary(here);
    const Tags = [{ TagKey: 'team', TagValue: 'red' }];
    const input = { KeyId: own.arn, ReplicaRegion: THERE, Policy: policy, Description: 'of the replica', Tags };
    const answer = await here.ok('ReplicateKey', input);
    const replicaArn = arnIn(THERE, own);
    expect(answer.body).toMatchObject({ ReplicaPolicy: policy, ReplicaTags: Tags, ReplicaKeyMetadata: { Description: 'of the replica' } });
    expect((await there.ok('GetKeyPolicy', { KeyId: own.id })).body['Policy']).toBe(policy);
    expect((await there.ok('ListResourceTags', { KeyId: own.id })).body['Tags']).toEqual(Tags);
    expect((await here.ok('ListResourceTags', { KeyId: own.id })).body['Tags']).toEqual([]);
    const tags = [{ tagKey: 'team', tagValue: 'red' }];
    const record = await expectRecord(here, 'ReplicateKey', answer, {
      readOnly: false,
      resources: [own.arn],
      requestParameters: { keyId: own.arn, replicaRegion: THERE, description: 'of the replica', tags, policy },
      responseElements: { replicaKeyMetadata: { arn: replicaArn, multiRegion: true }, replicaPolicy: policy, replicaTags: tags },
    });
    const birth = await expectRecord(there, 'CreateKey', answer, {
      readOnly: false,
      resources: [replicaArn],
      requestParameters: { keySpec: 'SYMMETRIC_DEFAULT', multiRegion: true, description: 'of the replica', tags, policy },
      responseElements: { keyMetadata: { arn: replicaArn, keyState: 'Enabled', multiRegion: true } },
    });
    expect(birth['eventID']).not.toBe(record['eventID']);
    expect(birth['eventTime']).toBe(record['eventTime']);
  });

  test('under the same invocation id is answered as the first was; under another the replica is there already', async () => {
    const own = await aPrimary(here);
    const body = JSON.stringify({ KeyId: own.id, ReplicaRegion: THERE });
    const invocation = { ...jsonHeaders('TrentService.ReplicateKey'), 'amz-sdk-invocation-id': crypto.randomUUID() };
    const send = async () => {
      const plain = { headers: invocation, body };
      return answerOf(await here.wire.send({ body, headers: await here.sign(plain) }));
    };
    const [first, second] = [await send(), await send()];
    expect(first.status).toBe(200);
    expect(second.body).toEqual(first.body);
    await recordOf(there, 'CreateKey', first);
    expect(await here.kms('ReplicateKey', JSON.parse(body) as Members)).toMatchObject({ error: 'AlreadyExistsException' });
  });

  testRefusals('ReplicateKey', false, () => here, [
    ...keyRefusals({
      caller: () => here,
      action: 'ReplicateKey',
      more: () => ({ ReplicaRegion: THERE }),
      aliases: false,
      key: () => primary,
    }),
    {
      name: 'a single-Region key has no replicas',
      input: () => ({ KeyId: single.id, ReplicaRegion: THERE }),
      error: 'UnsupportedOperationException',
      message: () => `${single.arn} is not a multi-region primary key.`,
    },
    {
      name: 'a Region that has a replica gets no second one',
      input: () => ({ KeyId: replicated.id, ReplicaRegion: THERE }),
      error: 'AlreadyExistsException',
      message: () => `The key ${arnIn(THERE, replicated)} already exists.`,
    },
    {
      name: 'the Region of the primary has the key already',
      input: () => ({ KeyId: primary.id, ReplicaRegion: HERE }),
      error: 'AlreadyExistsException',
      message: () => `The key ${primary.arn} already exists.`,
    },
    {
      name: 'a disabled primary is not replicated',
      input: () => ({ KeyId: disabled.id, ReplicaRegion: THERE }),
      error: 'DisabledException',
      message: () => `${disabled.arn} is disabled.`,
    },
    {
      name: 'a primary that is pending deletion is not replicated',
      input: () => ({ KeyId: doomed.id, ReplicaRegion: THERE }),
      error: 'KMSInvalidStateException',
      message: () => `${doomed.arn} is pending deletion.`,
    },
    {
      name: 'a Region that is not served is no Region',
      input: () => ({ KeyId: primary.id, ReplicaRegion: 'ap-south-1' }),
      error: 'ValidationException',
      message: 'Region ap-south-1 is not served.',
    },
    {
      name: 'what is no name of a Region is invalid',
      input: () => ({ KeyId: primary.id, ReplicaRegion: 'moon' }),
      error: 'ValidationException',
      message:
        "1 validation error detected: Value 'moon' at 'replicaRegion' failed to satisfy constraint: Member must satisfy regular expression pattern: ^([a-z]+-){2,3}\\d+$",
    },
    {
      name: 'a Region must be named',
      input: () => ({ KeyId: primary.id }),
      error: 'ValidationException',
      message: "1 validation error detected: Value null at 'replicaRegion' failed to satisfy constraint: Member must not be null",
    },
    {
      name: 'a policy that is none is malformed',
      input: () => ({ KeyId: primary.id, ReplicaRegion: THERE, Policy: '{' }),
      error: 'MalformedPolicyDocumentException',
      message: /^This policy contains invalid Json/,
    },
    {
      name: 'a policy that locks its maker out is malformed',
      input: () => ({ KeyId: primary.id, ReplicaRegion: THERE, Policy: '{"Version":"2012-10-17","Statement":[]}' }),
      error: 'MalformedPolicyDocumentException',
      message: /./,
    },
    {
      name: 'a reserved tag is refused',
      input: () => ({ KeyId: primary.id, ReplicaRegion: THERE, Tags: [{ TagKey: 'aws:x', TagValue: '1' }] }),
      error: 'TagException',
      message: 'Tags beginning with aws: are reserved',
    },
  ]);

  test('of a replica is refused in its own Region, and nothing of all this has made a key', async () => {
    expect(await there.kms('ReplicateKey', { KeyId: replicated.id, ReplicaRegion: HERE })).toMatchObject({
      error: 'UnsupportedOperationException',
      message: `${arnIn(THERE, replicated)} is not a multi-region primary key.`,
    });
    expect(await there.kms('DescribeKey', { KeyId: primary.id })).toMatchObject({ error: 'NotFoundException' });
  });
});
