import { describe, expect, test } from '@jest/globals';

import { aliasArn, keyArn, parseArn, parsePrincipalArn, rootArn } from './index.ts';
import type { AccountId, AliasName, KeyId, RegionName } from './index.ts';

const account = '111122223333' as AccountId;
const region = 'eu-west-1' as RegionName;

describe('ARNs that Trent makes', () => {
  test('of a key, an alias and an account’s root', () => {
    expect(keyArn(region, account, '1b2c3d4e-0000-4000-8000-00000000000a' as KeyId)).toBe(
      'arn:aws:kms:eu-west-1:111122223333:key/1b2c3d4e-0000-4000-8000-00000000000a',
    );
    expect(aliasArn(region, account, 'alias/app' as AliasName)).toBe('arn:aws:kms:eu-west-1:111122223333:alias/app');
    expect(rootArn(account)).toBe('arn:aws:iam::111122223333:root');
  });
});

describe('parseArn', () => {
  test('splits six parts and leaves colons to the resource', () => {
    expect(parseArn('arn:aws:logs:eu-west-1:111122223333:log-group:x:*')).toEqual({
      arn: 'arn:aws:logs:eu-west-1:111122223333:log-group:x:*',
      partition: 'aws',
      service: 'logs',
      region: 'eu-west-1',
      account: '111122223333',
      resource: 'log-group:x:*',
    });
  });

  test('region and account may be empty', () => {
    expect(parseArn('arn:aws:s3:::bucket/key')).toMatchObject({ region: '', account: '', resource: 'bucket/key' });
  });

  test.each([
    '',
    'arn:',
    'arn:aws',
    'arn:aws:kms',
    'arn:aws:kms:r',
    'arn:aws:kms:r:a',
    'arn:aws:kms:r:a:',
    'arn::kms:r:a:x',
    'arn:aws::r:a:x',
    'ARN:aws:kms:r:a:x',
    `arn:aws:kms:r:a:${'x'.repeat(2048)}`,
  ])('%j is none', (text) => {
    expect(parseArn(text)).toBeUndefined();
  });
});

describe('parsePrincipalArn', () => {
  const principals = [
    'iam::111122223333:root',
    'iam::111122223333:user/bob',
    'iam::111122223333:user/a/b/bob',
    'iam::111122223333:role/service/R',
    'sts::111122223333:assumed-role/R/session',
    'sts::111122223333:federated-user/bob',
  ];
  test.each(principals)('arn:aws:%s is a principal', (rest) => {
    expect(parsePrincipalArn(`arn:aws:${rest}`)).toMatchObject({ arn: `arn:aws:${rest}`, account });
  });

  const others = [
    'arn:aws:iam::111122223333:group/devs',
    'arn:aws:iam::111122223333:user/',
    'arn:aws:iam::111122223333:user/bob/',
    'arn:aws:iam::111122223333:policy/p',
    'arn:aws:iam:eu-west-1:111122223333:user/bob',
    'arn:aws:iam::1111:user/bob',
    'arn:aws-cn:iam::111122223333:user/bob',
    'arn:aws:sts::111122223333:assumed-role/R',
    'arn:aws:sts::111122223333:assumed-role/R/',
    'arn:aws:sts::111122223333:assumed-role//s',
    'arn:aws:sts::111122223333:user/bob',
    'arn:aws:s3:::bucket',
    '*',
    '111122223333',
  ];
  test.each(others)('%s is none', (text) => {
    expect(parsePrincipalArn(text)).toBeUndefined();
  });
});
