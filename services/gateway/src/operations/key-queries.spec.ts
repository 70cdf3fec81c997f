import { describe, expect, test } from '@jest/globals';
import { jsonReader } from '../http/aws-json.ts';
import { aCiphertext, KEY_ID, MATERIAL_ID, planOf, REGION } from '../road.fixture.ts';

function keysOf(name: string, json: object) {
  const plan = planOf(name);
  return plan.keys(jsonReader(plan.operation.request)(json));
}

const blob = aCiphertext().toString('base64');
const named = { ciphertextKeyId: KEY_ID, ciphertextMaterialId: MATERIAL_ID, ciphertextRegion: REGION, region: '' };
const unnamed = { ciphertextKeyId: '', ciphertextMaterialId: '', ciphertextRegion: '', region: '' };

describe('the keys that a request names', () => {
  test('by reference', () => {
    expect(keysOf('kms.Encrypt', { KeyId: 'alias/a' }).queries).toEqual([{ reference: 'alias/a', ...unnamed }]);
  });

  test('by ciphertext, also beside a reference', () => {
    expect(keysOf('kms.Decrypt', { CiphertextBlob: blob }).queries).toEqual([{ reference: '', ...named }]);
    expect(keysOf('kms.Decrypt', { CiphertextBlob: blob, KeyId: 'k' }).queries).toEqual([{ reference: 'k', ...named }]);
  });

  test('two, in the order of the contract', () => {
    const { queries, algorithms } = keysOf('kms.ReEncrypt', {
      CiphertextBlob: blob,
      DestinationKeyId: 'd',
      DestinationEncryptionAlgorithm: 'RSAES_OAEP_SHA_1',
    });
    expect(queries).toEqual([
      { reference: '', ...named },
      { reference: 'd', ...unnamed },
    ]);
    expect(algorithms).toEqual(['', 'RSAES_OAEP_SHA_1']);
  });

  test('one twice, the second time in the Region that a member names', () => {
    expect(keysOf('kms.UpdatePrimaryRegion', { KeyId: 'k', PrimaryRegion: 'eu-west-1' }).queries).toEqual([
      { reference: 'k', ...unnamed },
      { reference: 'k', ...unnamed, region: 'eu-west-1' },
    ]);
  });

  test('none', () => {
    expect(keysOf('kms.GenerateRandom', { NumberOfBytes: 1 }).queries).toEqual([]);
  });

  test('an RSA ciphertext has no header to read', () => {
    const keys = keysOf('kms.Decrypt', { CiphertextBlob: 'AAAA', KeyId: 'k', EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' });
    expect(keys).toMatchObject({ queries: [{ reference: 'k', ...unnamed }], lateFault: undefined });
  });

  test.each([blob, 'AAAA'])('a dry run that ignores its ciphertext does not look at %s', (CiphertextBlob) => {
    const dry = { DryRun: true, DryRunModifiers: ['IGNORE_CIPHERTEXT'] };
    const keys = keysOf('kms.Decrypt', { CiphertextBlob, KeyId: 'k', ...dry });
    expect(keys).toMatchObject({ queries: [{ reference: 'k', ...unnamed }], lateFault: undefined });
  });

  test('what is no ciphertext is told late beside a reference, at once without', () => {
    expect(keysOf('kms.Decrypt', { CiphertextBlob: 'AAAA', KeyId: 'k' }).lateFault).toMatchObject({ code: 'InvalidCiphertextException' });
    expect(() => keysOf('kms.Decrypt', { CiphertextBlob: 'AAAA' })).toThrow(
      expect.objectContaining({ code: 'InvalidCiphertextException' }),
    );
  });
});
