import { describe, expect, test } from '@jest/globals';
import { contextKeysOf } from './context-keys.ts';

const document = (version: string, ...statements: object[]): string => JSON.stringify({ Version: version, Statement: statements });
const names = (text: string): string[] => contextKeysOf(text).map(({ name }) => name);

describe('the condition keys of a document', () => {
  test('are those of Condition and those of variables, as written', () => {
    const text = document('2012-10-17', {
      Effect: 'Allow',
      Action: '*',
      Resource: ['arn:aws:s3:::home/${aws:username}/*', '*'],
      Condition: { StringEquals: { 'aws:RequestTag/Team': '${aws:PrincipalTag/Team}' }, Bool: { 'aws:SecureTransport': true } },
    });
    expect(contextKeysOf(text)).toEqual([
      { statement: 0, name: 'aws:username', place: 'resource', isRequired: true },
      { statement: 0, name: 'aws:RequestTag/Team', place: 'condition', isRequired: true },
      { statement: 0, name: 'aws:PrincipalTag/Team', place: 'condition', isRequired: true },
      { statement: 0, name: 'aws:SecureTransport', place: 'condition', isRequired: true },
    ]);
  });

  test('of a variable with a default are not required', () => {
    const text = document('2012-10-17', { Effect: 'Deny', Action: '*', NotResource: "arn:aws:s3:::${aws:PrincipalTag/Team, 'none'}" });
    expect(contextKeysOf(text)).toEqual([{ statement: 0, name: 'aws:PrincipalTag/Team', place: 'resource', isRequired: false }]);
  });

  test('are told by statement', () => {
    const asks = (key: string) => ({ Effect: 'Allow', Action: '*', Resource: '*', Condition: { Null: { [key]: true } } });
    expect(contextKeysOf(document('2012-10-17', asks('a:b'), asks('c:d'))).map(({ statement }) => statement)).toEqual([0, 1]);
  });

  test.each([
    [
      'characters that stand for themselves',
      document('2012-10-17', { Effect: 'Allow', Action: '*', Resource: 'arn:aws:s3:::a${*}${?}${$}' }),
    ],
    ['variables of the older version', document('2008-10-17', { Effect: 'Allow', Action: '*', Resource: 'arn:aws:s3:::${aws:username}' })],
    ['a document without any', document('2012-10-17', { Effect: 'Allow', Action: '*', Resource: '*' })],
    ['one statement that is not in a list', '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'],
  ])('are none: %s', (_name, text) => {
    expect(names(text)).toEqual([]);
  });
});
