import { describe, expect, test } from '@jest/globals';

import { parseKeyReference } from './index.ts';
import type { AccountId, RegionName } from './index.ts';

const context = { region: 'eu-west-1' as RegionName, account: '111122223333' as AccountId };
const ID = '1b2c3d4e-0000-4000-8000-00000000000a';
const HERE = 'arn:aws:kms:eu-west-1:111122223333';

describe('a KeyId member names', () => {
  const rows: [string, object][] = [
    [ID, { kind: 'keyId', keyId: ID }],
    [`mrk-${'0a'.repeat(16)}`, { kind: 'keyId', keyId: `mrk-${'0a'.repeat(16)}` }],
    [`${HERE}:key/${ID}`, { kind: 'keyArn', region: 'eu-west-1', account: '111122223333', keyId: ID }],
    [`arn:aws:kms:eu-west-1:444455556666:key/${ID}`, { kind: 'keyArn', region: 'eu-west-1', account: '444455556666', keyId: ID }],
    ['alias/app', { kind: 'aliasName', aliasName: 'alias/app' }],
    [`${HERE}:alias/aws/s3`, { kind: 'aliasArn', region: 'eu-west-1', account: '111122223333', aliasName: 'alias/aws/s3' }],
  ];
  test.each(rows)('%s', (text, reference) => {
    expect(parseKeyReference(text, context)).toEqual(reference);
  });
});

describe('what names nothing is answered as AWS KMS answers it', () => {
  const rows: [string, string, string][] = [
    ['mrk-fake', 'NotFoundException', `Invalid keyId 'mrk-fake'`],
    ['', 'NotFoundException', `Invalid keyId ''`],
    [ID.toUpperCase(), 'NotFoundException', `Invalid keyId '${ID.toUpperCase()}'`],
    [ID.replaceAll('-', ''), 'NotFoundException', `Invalid keyId '${ID.replaceAll('-', '')}'`],
    [`arn:aws:kms:us-east-1:111122223333:key/${ID}`, 'NotFoundException', 'Invalid arn us-east-1'],
    ['arn:aws:kms:us-east-1:111122223333:alias/x', 'NotFoundException', 'Invalid arn us-east-1'],
    [`${HERE}:key/free text`, 'NotFoundException', `Invalid keyId 'free text'`],
    ['alias/a:b', 'NotFoundException', `Alias ${HERE}:alias/a:b is not found.`],
    [`${HERE}:alias/`, 'NotFoundException', `Alias ${HERE}:alias/ is not found.`],
    ['arn:aws:kms', 'InvalidArnException', 'Invalid arn arn:aws:kms'],
    [
      `arn:aws-cn:kms:eu-west-1:111122223333:key/${ID}`,
      'InvalidArnException',
      `Invalid arn arn:aws-cn:kms:eu-west-1:111122223333:key/${ID}`,
    ],
    [`arn:aws:s3:eu-west-1:111122223333:key/${ID}`, 'InvalidArnException', `Invalid arn arn:aws:s3:eu-west-1:111122223333:key/${ID}`],
    [`arn:aws:kms:eu-west-1:1111:key/${ID}`, 'InvalidArnException', `Invalid arn arn:aws:kms:eu-west-1:1111:key/${ID}`],
    [`${HERE}:grant/x`, 'InvalidArnException', `Invalid arn ${HERE}:grant/x`],
  ];
  test.each(rows)('%j: %s', (text, code, message) => {
    expect(() => parseKeyReference(text, context)).toThrow(expect.objectContaining({ code, message }));
  });

  test('an alias where only keys are allowed', () => {
    const keysOnly = { ...context, aliases: false };
    expect(() => parseKeyReference(`${HERE}:alias/x`, keysOnly)).toThrow(
      expect.objectContaining({ code: 'InvalidArnException', message: 'Key Aliases are not supported for this operation.' }),
    );
    expect(() => parseKeyReference('alias/x', keysOnly)).toThrow(
      expect.objectContaining({ code: 'NotFoundException', message: `Invalid keyId 'alias/x'` }),
    );
  });

  test('an answer stays short whatever was sent', () => {
    expect(() => parseKeyReference('x'.repeat(100_000), context)).toThrow(
      expect.objectContaining({ message: `Invalid keyId '${'x'.repeat(2048)}'` }),
    );
  });
});
