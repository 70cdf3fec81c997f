import { describe, expect, test } from '@jest/globals';

import { checkScope } from './credential-scope.ts';
import { amzDateOfHttpDate, checkSignatureTime, formatAmzDate, parseAmzDate } from './signature-time.ts';

const NOW = Date.UTC(2018, 6, 10, 7, 17, 14, 321);

describe('the time of a signature', () => {
  test.each([
    ['five minutes old', '20180710T071214Z'],
    ['five minutes ahead', '20180710T072214Z'],
    ['now', '20180710T071714Z'],
  ])('%s is accepted', (_, amzDate) => {
    expect(() => {
      checkSignatureTime(amzDate, NOW);
    }).not.toThrow();
  });

  test.each([
    [
      'too old',
      '20180707T233021Z',
      undefined,
      'Signature expired: 20180707T233021Z is now earlier than 20180710T071214Z (20180710T071714Z - 5 min.)',
    ],
    [
      'a second too old',
      '20180710T071213Z',
      undefined,
      'Signature expired: 20180710T071213Z is now earlier than 20180710T071214Z (20180710T071714Z - 5 min.)',
    ],
    [
      'too new',
      '20180710T072215Z',
      undefined,
      'Signature not yet current: 20180710T072215Z is still later than 20180710T072214Z (20180710T071714Z + 5 min.)',
    ],
    [
      'presigned and past its life',
      '20180710T071543Z',
      90,
      'Signature expired: 20180710T071543Z is now earlier than 20180710T071544Z (20180710T071714Z - 90 sec.)',
    ],
    [
      'presigned for the future',
      '20180710T072215Z',
      900,
      'Signature not yet current: 20180710T072215Z is still later than 20180710T072214Z (20180710T071714Z + 5 min.)',
    ],
  ])('%s is refused with the text of AWS', (_, amzDate, presignedExpires, message) => {
    expect(() => {
      checkSignatureTime(amzDate, NOW, presignedExpires === undefined ? {} : { presignedExpires });
    }).toThrow(expect.objectContaining({ code: 'InvalidSignatureException', message }));
  });

  test('a presigned request may be older than five minutes within its life', () => {
    expect(() => {
      checkSignatureTime('20180710T070214Z', NOW, { presignedExpires: 900 });
    }).not.toThrow();
  });

  test('a text that is no date is an incomplete signature', () => {
    expect(() => {
      checkSignatureTime('yesterday', NOW);
    }).toThrow(expect.objectContaining({ code: 'IncompleteSignatureException' }));
  });
});

describe('the basic format', () => {
  test('is written with seconds rounded down', () => {
    expect(formatAmzDate(NOW)).toBe('20180710T071714Z');
  });
  test('is read back', () => {
    expect(parseAmzDate('20180710T071714Z')).toBe(NOW - 321);
  });
  test.each(['20180230T000000Z', '20181301T000000Z', '20180710T240000Z', '20180710T076000Z', '20180710T070060Z', '00010101T000000Z'])(
    '%s is no date',
    (text) => {
      expect(parseAmzDate(text)).toBeUndefined();
    },
  );
  test('is made of an HTTP date', () => {
    expect(amzDateOfHttpDate('Tue, 10 Jul 2018 07:17:14 GMT')).toBe('20180710T071714Z');
    expect(amzDateOfHttpDate('10 Jul 2018')).toBeUndefined();
  });
});

describe('the scope', () => {
  const expected = { regions: ['us-east-1', 'eu-west-1'], service: 'kms' };
  const region = 'Credential should be scoped to a valid region.';
  const service = "Credential should be scoped to correct service: 'kms'.";

  test('of a served region and this service is accepted', () => {
    expect(() => {
      checkScope({ date: '20180710', region: 'eu-west-1', service: 'kms' }, expected);
    }).not.toThrow();
  });
  test.each([
    ['ap-south-1', 'kms', region],
    ['us-east-1', 'sts', service],
    ['nowhere', 's3', `${region} ${service}`],
  ])('%s/%s is refused with the text of AWS', (asked, by, message) => {
    expect(() => {
      checkScope({ date: '20180710', region: asked, service: by }, expected);
    }).toThrow(expect.objectContaining({ code: 'InvalidSignatureException', message }));
  });
});
