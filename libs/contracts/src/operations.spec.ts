import { describe, expect, test } from '@jest/globals';
import { awsEnum, kms, membersOf, messageDescriptor, operations } from './index.ts';

describe('the operation table', () => {
  test('has every RPC with an operation option, under its AWS signing name', () => {
    expect([...operations.keys()]).toContain('kms.Encrypt');
    expect(operations.get('kms.ReEncrypt')?.option.keys.map((key) => key.action)).toEqual(['kms:ReEncryptFrom', 'kms:ReEncryptTo']);
    expect(operations.has('kms.Batch')).toBe(false);
  });

  test('encodes what it decodes', () => {
    const encrypt = operations.get('kms.Encrypt');
    const message = kms.EncryptRequest.create({
      keyId: 'alias/a',
      plaintext: Buffer.from('x'),
      encryptionContext: new Map([['__proto__', 'y']]),
    });
    expect(encrypt?.requestCodec.decode(encrypt.requestCodec.encode(message))).toEqual(message);
  });
});

describe('descriptors and ts-proto messages', () => {
  test.each([...operations.values()].map((operation) => [operation.name, operation] as const))(
    '%s: each field is a property of the generated message under its local name',
    (_name, operation) => {
      for (const descriptor of [operation.request, operation.response]) {
        const fresh = (kms as unknown as Record<string, { create?: () => object }>)[descriptor.name]?.create?.();
        if (fresh === undefined) continue;
        for (const { property } of membersOf(descriptor)) expect(Object.keys(fresh)).toContain(property);
      }
    },
  );

  test('members carry their bounds and AWS names', () => {
    const plaintext = membersOf(messageDescriptor('trent.kms.v1.EncryptRequest')).find((member) => member.awsName === 'Plaintext');
    expect(plaintext?.lowerName).toBe('plaintext');
    expect(plaintext?.member.bounds?.maxLength).toBe(4096n);
    expect(plaintext?.member.sensitive).toBe(true);
  });

  test('enums map to AWS spellings and back', () => {
    const specs = awsEnum('trent.kms.v1.KeySpec');
    expect(specs.toAws(specs.fromAws('SYMMETRIC_DEFAULT'))).toBe('SYMMETRIC_DEFAULT');
    expect(specs.values).toContain('ECC_NIST_EDWARDS25519');
    expect(specs.toAws(0)).toBeUndefined();
  });
});
