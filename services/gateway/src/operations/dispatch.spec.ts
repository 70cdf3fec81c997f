import { describe, expect, test } from '@jest/globals';
import { execute } from '@trent/contracts';
import { anAsk, anAuthorization, planOf } from '../road.fixture.ts';
import { dispatch, type Rooms } from './dispatch.ts';

/** The class of credit that an operation with keys of these specs takes. */
async function laneOf(name: string, specs: readonly string[], customKeyStoreId = ''): Promise<string> {
  let taken = '';
  const rooms: Rooms = {
    execute: new Map([
      [
        'us-east-1',
        (_item, { lane }) => {
          taken = lane;
          return Promise.resolve(execute.ExecuteResult.create());
        },
      ],
    ]),
    invoke: new Map(),
  };
  const who = anAuthorization();
  const keys = specs.flatMap((keySpec) => who.keys.map((key) => ({ ...key, keySpec, customKeyStoreId })));
  await dispatch(rooms, anAsk({ plan: planOf(name), input: Buffer.alloc(0) }), { ...who, keys }, () => '');
  return taken;
}

describe('what takes slow credit', () => {
  test.each([
    ['kms.Encrypt', ['SYMMETRIC_DEFAULT'], 'fast'],
    ['kms.Encrypt', ['RSA_4096'], 'fast'],
    ['kms.Decrypt', ['SYMMETRIC_DEFAULT'], 'fast'],
    ['kms.Decrypt', ['RSA_2048'], 'slow'],
    ['kms.ReEncrypt', ['RSA_2048', 'SYMMETRIC_DEFAULT'], 'slow'],
    ['kms.ReEncrypt', ['SYMMETRIC_DEFAULT', 'RSA_2048'], 'fast'],
    ['kms.Sign', ['ECC_NIST_P256'], 'fast'],
    ['kms.Sign', ['ECC_NIST_P521'], 'slow'],
    ['kms.Verify', ['RSA_3072'], 'slow'],
    ['kms.GenerateDataKeyPair', ['SYMMETRIC_DEFAULT'], 'slow'],
    ['kms.DeriveSharedSecret', ['ECC_NIST_P256'], 'slow'],
    ['kms.Encapsulate', ['ML_KEM_768'], 'slow'],
    ['kms.Decapsulate', ['ML_KEM_512'], 'slow'],
    ['kms.GetPublicKey', ['RSA_4096'], 'fast'],
    ['kms.GenerateRandom', [], 'fast'],
  ])('%s with %j: %s', async (name, specs, lane) => {
    expect(await laneOf(name, specs)).toBe(lane);
  });

  test('every use of a key that lives in a custom key store', async () => {
    for (const name of ['kms.Encrypt', 'kms.Decrypt', 'kms.GenerateDataKey'])
      expect(await laneOf(name, ['SYMMETRIC_DEFAULT'], 'cks-1234567890abcdef0')).toBe('slow');
  });
});
