import { describe, expect, test } from '@jest/globals';
import type { authorize } from '@trent/contracts';
import { jsonReader } from '../http/aws-json.ts';
import { planOf } from '../road.fixture.ts';

function factsOf(name: string, json: object): [string, string[], number][] {
  const plan = planOf(name);
  const list: authorize.Fact[] = plan.facts(jsonReader(plan.operation.request)(json));
  return list.map(({ key, values, keyNumber }) => [key, values, keyNumber]);
}

describe('what policy may know', () => {
  test('an encryption context gives a key a pair, and the names of all', () => {
    expect(factsOf('kms.Encrypt', { KeyId: 'k', EncryptionContext: { a: '1', B: '2' } })).toEqual([
      ['kms:EncryptionContext:a', ['1'], 0],
      ['kms:EncryptionContext:B', ['2'], 0],
      ['kms:EncryptionContextKeys', ['a', 'B'], 0],
      ['kms:EncryptionAlgorithm', ['SYMMETRIC_DEFAULT'], 0],
    ]);
  });

  test('the algorithm is there even when the request names none, or could not', () => {
    expect(factsOf('kms.GenerateDataKey', { KeyId: 'k' })).toEqual([['kms:EncryptionAlgorithm', ['SYMMETRIC_DEFAULT'], 0]]);
    expect(factsOf('kms.Decrypt', { EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' })).toEqual([
      ['kms:EncryptionAlgorithm', ['RSAES_OAEP_SHA_256'], 0],
    ]);
  });

  test('a signing algorithm has a condition key of its own, once, and so has the message type', () => {
    expect(factsOf('kms.Sign', { KeyId: 'k', Message: 'AA==', MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' })).toEqual([
      ['kms:SigningAlgorithm', ['ECDSA_SHA_256'], 0],
      ['kms:MessageType', ['DIGEST'], 0],
    ]);
    expect(factsOf('kms.GetPublicKey', { KeyId: 'k' })).toEqual([]);
  });

  test.each([
    ['alias/a', 'alias/a'],
    ['arn:aws:kms:us-east-1:111122223333:alias/a/b', 'alias/a/b'],
  ])('an alias is known by its name: %s', (reference, name) => {
    expect(factsOf('kms.DescribeKey', { KeyId: reference })).toEqual([['kms:RequestAlias', [name], 0]]);
  });

  test('a key id is no alias', () => {
    expect(factsOf('kms.DescribeKey', { KeyId: 'arn:aws:kms:us-east-1:111122223333:key/x' })).toEqual([]);
  });

  test('with two keys each has its own facts', () => {
    expect(
      factsOf('kms.ReEncrypt', {
        SourceEncryptionContext: { s: '1' },
        DestinationEncryptionContext: { d: '2' },
        DestinationKeyId: 'alias/d',
        DestinationEncryptionAlgorithm: 'RSAES_OAEP_SHA_1',
      }),
    ).toEqual([
      ['kms:EncryptionContext:s', ['1'], 1],
      ['kms:EncryptionContextKeys', ['s'], 1],
      ['kms:EncryptionAlgorithm', ['SYMMETRIC_DEFAULT'], 1],
      ['kms:EncryptionContext:d', ['2'], 2],
      ['kms:EncryptionContextKeys', ['d'], 2],
      ['kms:EncryptionAlgorithm', ['RSAES_OAEP_SHA_1'], 2],
      ['kms:RequestAlias', ['alias/d'], 2],
    ]);
  });

  test('an import has its expiry as policies read dates, and expires unless it says otherwise', () => {
    expect(factsOf('kms.ImportKeyMaterial', { KeyId: 'k', ValidTo: 1_790_000_000.5 })).toEqual([
      ['kms:ValidTo', ['2026-09-21T14:13:20.500Z'], 0],
      ['kms:ExpirationModel', ['KEY_MATERIAL_EXPIRES'], 0],
    ]);
    expect(factsOf('kms.ImportKeyMaterial', { KeyId: 'k', ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' })).toEqual([
      ['kms:ExpirationModel', ['KEY_MATERIAL_DOES_NOT_EXPIRE'], 0],
    ]);
    expect(
      factsOf('kms.GetParametersForImport', { KeyId: 'k', WrappingAlgorithm: 'RSAES_OAEP_SHA_1', WrappingKeySpec: 'RSA_2048' }),
    ).toEqual([
      ['kms:WrappingAlgorithm', ['RSAES_OAEP_SHA_1'], 0],
      ['kms:WrappingKeySpec', ['RSA_2048'], 0],
    ]);
  });

  test('the alias that is moved is not the name of a key in use', () => {
    expect(factsOf('kms.UpdateAlias', { AliasName: 'alias/a', TargetKeyId: 'k' })).toEqual([]);
    expect(factsOf('kms.DeleteAlias', { AliasName: 'alias/a' })).toEqual([]);
  });

  test('tags that are put on a key, and names of tags that are taken off', () => {
    expect(factsOf('kms.TagResource', { KeyId: 'k', Tags: [{ TagKey: 'team', TagValue: 'blue' }] })).toEqual([
      ['aws:RequestTag/team', ['blue'], 0],
      ['aws:TagKeys', ['team'], 0],
    ]);
    expect(factsOf('kms.UntagResource', { KeyId: 'k', TagKeys: ['team', 'cost'] })).toEqual([['aws:TagKeys', ['team', 'cost'], 0]]);
  });

  test('a policy that is put has its defaults', () => {
    expect(factsOf('kms.PutKeyPolicy', { KeyId: 'k', Policy: '{}' })).toEqual([
      ['kms:PolicyName', ['default'], 0],
      ['kms:BypassPolicyLockoutSafetyCheck', ['false'], 0],
    ]);
  });

  test('a replica has its Region and its tags', () => {
    expect(factsOf('kms.ReplicateKey', { KeyId: 'k', ReplicaRegion: 'eu-west-1', Tags: [{ TagKey: 'a', TagValue: '1' }] })).toEqual([
      ['kms:ReplicaRegion', ['eu-west-1'], 0],
      ['aws:RequestTag/a', ['1'], 0],
      ['aws:TagKeys', ['a'], 0],
    ]);
    expect(factsOf('kms.UpdatePrimaryRegion', { KeyId: 'k', PrimaryRegion: 'eu-west-1' })).toEqual([
      ['kms:PrimaryRegion', ['eu-west-1'], 0],
    ]);
  });

  test('a new key has its defaults and twins', () => {
    expect(Object.fromEntries(factsOf('kms.CreateKey', {}).map(([key, values]) => [key, values]))).toEqual({
      'kms:KeySpec': ['SYMMETRIC_DEFAULT'],
      'kms:KeyUsage': ['ENCRYPT_DECRYPT'],
      'kms:CustomerMasterKeySpec': ['SYMMETRIC_DEFAULT'],
      'kms:CustomerMasterKeyUsage': ['ENCRYPT_DECRYPT'],
      'kms:KeyOrigin': ['AWS_KMS'],
      'kms:MultiRegion': ['false'],
      'kms:BypassPolicyLockoutSafetyCheck': ['false'],
    });
    const facts = Object.fromEntries(
      factsOf('kms.CreateKey', {
        KeySpec: 'RSA_2048',
        KeyUsage: 'SIGN_VERIFY',
        MultiRegion: true,
        Tags: [{ TagKey: 'a', TagValue: '1' }],
      }).map(([key, values]) => [key, values]),
    );
    expect(facts).toMatchObject({
      'kms:KeySpec': ['RSA_2048'],
      'kms:CustomerMasterKeySpec': ['RSA_2048'],
      'kms:CustomerMasterKeyUsage': ['SIGN_VERIFY'],
      'kms:MultiRegion': ['true'],
      'kms:MultiRegionKeyType': ['PRIMARY'],
      'aws:RequestTag/a': ['1'],
      'aws:TagKeys': ['a'],
    });
  });

  test('a new grant says what it would allow, its constraint as an encryption context', () => {
    const json = { KeyId: 'k', GranteePrincipal: 'g', RetiringPrincipal: 'r', Operations: ['Decrypt', 'ReEncryptFrom'] };
    const facts = (more: object) =>
      Object.fromEntries(factsOf('kms.CreateGrant', { ...json, ...more }).map(([key, values]) => [key, values]));
    const common = {
      'kms:GranteePrincipal': ['g'],
      'kms:RetiringPrincipal': ['r'],
      'kms:GrantOperations': ['Decrypt', 'ReEncryptFrom'],
    };
    expect(facts({})).toEqual(common);
    expect(facts({ Constraints: { EncryptionContextSubset: { a: '1', B: '2' }, SourceArn: 's' } })).toEqual({
      ...common,
      'kms:GrantConstraintType': ['EncryptionContextSubset'],
      'kms:EncryptionContext:a': ['1'],
      'kms:EncryptionContext:B': ['2'],
      'kms:EncryptionContextKeys': ['a', 'B'],
      'kms:GrantConstraintSourceArn': ['s'],
    });
  });

  test.each([
    ['kms.GetKeyPolicy', { KeyId: 'k' }, ['kms:PolicyName', ['default'], 0]],
    ['kms.GetKeyPolicy', { KeyId: 'k', PolicyName: 'other' }, ['kms:PolicyName', ['other'], 0]],
    ['kms.ScheduleKeyDeletion', { KeyId: 'k' }, ['kms:ScheduleKeyDeletionPendingWindowInDays', ['30'], 0]],
    ['kms.ScheduleKeyDeletion', { KeyId: 'k', PendingWindowInDays: 7 }, ['kms:ScheduleKeyDeletionPendingWindowInDays', ['7'], 0]],
  ])('%s %j', (name, json, expected) => {
    expect(factsOf(name, json)).toEqual([expected]);
  });
});
