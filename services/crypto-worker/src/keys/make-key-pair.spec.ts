import { createPrivateKey, createPublicKey, decapsulate, encapsulate } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { awsEnum, kms } from '@trent/contracts';
import { makeKeyPair, takesSeconds } from './make-key-pair.ts';

const specs = awsEnum('trent.kms.v1.DataKeyPairSpec');
const rows = Object.values(kms.DataKeyPairSpec)
  .filter((value) => typeof value === 'number' && specs.toAws(value) !== undefined)
  .map((value) => ({ value: value, spec: specs.toAws(value as number) ?? '' }));
const served = rows.filter(({ spec }) => spec !== 'SM2');

describe('a data key pair', () => {
  test.each(served)('of $spec: the public half is that of the private one', async ({ value }) => {
    const { privateKey, publicKey } = await makeKeyPair(value);
    const derived = createPublicKey(createPrivateKey({ key: privateKey, format: 'der', type: 'pkcs8' }));
    expect(derived.export({ format: 'der', type: 'spki' })).toEqual(publicKey);
  });

  test.each(served.filter(({ spec }) => spec.startsWith('ML_KEM')))(
    'of $spec is a seed that opens what its public half closes',
    async (row) => {
      const { privateKey, publicKey } = await makeKeyPair(row.value);
      expect(privateKey).toHaveLength(86);
      const { sharedKey, ciphertext } = encapsulate(createPublicKey({ key: publicKey, format: 'der', type: 'spki' }));
      expect(decapsulate(createPrivateKey({ key: privateKey, format: 'der', type: 'pkcs8' }), ciphertext)).toEqual(sharedKey);
    },
  );

  test('of SM2 is not served', async () => {
    await expect(makeKeyPair(kms.DataKeyPairSpec.DATA_KEY_PAIR_SPEC_SM2)).rejects.toMatchObject({ code: 'UnsupportedOperationException' });
  });

  test('takes seconds when it is RSA', () => {
    expect(rows.filter(({ value }) => takesSeconds(value)).map(({ spec }) => spec)).toEqual(['RSA_2048', 'RSA_3072', 'RSA_4096']);
  });
});
