import { describe, expect, test } from '@jest/globals';

import { compilePolicy } from './compile-policy.ts';
import { foldCase } from './fold-case.ts';
import type { PolicyKind } from './policy.ts';

interface Setting {
  version?: string;
  kind?: PolicyKind;
}

function condition(operator: string, key: string, value: unknown, { version = '2012-10-17', kind = 'identity' }: Setting = {}) {
  const principal = kind === 'key' ? { Principal: '*' } : {};
  const statement = { Effect: 'Allow', ...principal, Action: 'kms:*', Resource: '*', Condition: { [operator]: { [key]: value } } };
  const [compiled] = compilePolicy(JSON.stringify({ Version: version, Statement: statement }), kind).statements;
  return (context: Record<string, readonly string[]>): boolean => {
    const values = new Map(Object.entries(context).map(([name, list]) => [foldCase(name), list]));
    return compiled!.conditions.every(({ holds }) => holds({ valuesOf: (name) => values.get(name) }));
  };
}

describe('one value against one value', () => {
  test.each([
    ['StringEquals', 'a', 'a', true],
    ['StringEquals', 'a', 'A', false],
    ['StringEquals', 'a*', 'ab', false],
    ['StringNotEquals', 'a', 'b', true],
    ['StringEqualsIgnoreCase', 'ÄB', 'äb', true],
    ['StringEqualsIgnoreCase', 'k', '\u212a', false],
    ['StringNotEqualsIgnoreCase', 'ab', 'AB', false],
    ['StringLike', 'a?c*', 'abcdef', true],
    ['StringLike', 'A*', 'ab', false],
    ['StringNotLike', 'a*', 'ab', false],
    ['NumericEquals', '10', '10.0', true],
    ['NumericEquals', '10', 'ten', false],
    ['NumericNotEquals', '10', '11', true],
    ['NumericLessThan', '10', '9', true],
    ['NumericLessThanEquals', '10', '10', true],
    ['NumericGreaterThan', '10', '10', false],
    ['NumericGreaterThanEquals', '-1.5e1', '-15', true],
    ['DateEquals', '2020-01-01T00:00:00Z', '1577836800', true],
    ['DateNotEquals', '2020-01-01', '2020-01-02', true],
    ['DateLessThan', '2020-04-01T00:00:00+02:00', '2020-03-31T21:59:59Z', true],
    ['DateLessThanEquals', '2020-01-01T00:00:00.5Z', '2020-01-01T00:00:00.500Z', true],
    ['DateGreaterThan', '2020', '2020-01-01', true],
    ['DateGreaterThanEquals', '2020-01', '2019-12-31', false],
    ['Bool', 'true', 'TRUE', true],
    ['Bool', 'false', 'true', false],
    ['Bool', 'true', '1', false],
    ['BinaryEquals', 'QUI=', 'QUI=', true],
    ['BinaryEquals', 'QUI', 'QUI=', true],
    ['BinaryEquals', 'QUI=', 'QUM=', false],
    ['IpAddress', '203.0.113.0/24', '203.0.113.255', true],
    ['IpAddress', '203.0.113.0/25', '203.0.113.128', false],
    ['IpAddress', '203.0.113.7', '203.0.113.7', true],
    ['IpAddress', '203.0.113.0/24', '::ffff:203.0.113.9', true],
    ['IpAddress', '2001:db8::/32', '2001:db8:1::5', true],
    ['IpAddress', '2001:db8::/32', '2001:db9::', false],
    ['IpAddress', '0.0.0.0/0', '2001:db9::', false],
    ['IpAddress', '10.0.0.0/8', 'somewhere', false],
    ['NotIpAddress', '10.0.0.0/8', '11.0.0.1', true],
    ['ArnEquals', 'arn:aws:iam::*:role/a*', 'arn:aws:iam::111122223333:role/abc', true],
    ['ArnEquals', 'arn:aws:iam::1*:x', 'arn:aws:iam::1:2:x', false],
    ['ArnLike', 'arn:aws:sns:*:*:a:*', 'arn:aws:sns:r:1:a:b:c', true],
    ['ArnLike', 'arn:*', 'arn:aws:sns:r:1:a', false],
    ['ArnLike', '*', 'anything', true],
    ['ArnNotEquals', 'arn:aws:iam::1:role/a', 'arn:aws:iam::1:role/A', true],
    ['ArnNotLike', 'arn:aws:iam::1:role/*', 'arn:aws:iam::1:role/A', false],
  ])('%s %s of %s is %s', (operator, policyValue, value, expected) => {
    expect(condition(operator, 'aws:x', policyValue)({ 'aws:X': [value] })).toBe(expected);
  });
});

describe('several policy values', () => {
  test('are alternatives', () => {
    expect(condition('StringEquals', 'aws:x', ['a', 'b'])({ 'aws:x': ['b'] })).toBe(true);
    expect(condition('NumericLessThan', 'aws:x', [5, 10])({ 'aws:x': ['7'] })).toBe(true);
  });
  test('of a negated operator must all differ', () => {
    expect(condition('StringNotEquals', 'aws:x', ['a', 'b'])({ 'aws:x': ['b'] })).toBe(false);
    expect(condition('StringNotEquals', 'aws:x', ['a', 'b'])({ 'aws:x': ['c'] })).toBe(true);
  });
  test('may be none, which fits nothing', () => {
    expect(condition('StringEquals', 'aws:x', [])({ 'aws:x': ['b'] })).toBe(false);
    expect(condition('StringNotEquals', 'aws:x', [])({ 'aws:x': ['b'] })).toBe(true);
  });
  test('may be booleans and numbers', () => {
    expect(condition('Bool', 'aws:x', true)({ 'aws:x': ['true'] })).toBe(true);
    expect(condition('NumericEquals', 'aws:x', 30)({ 'aws:x': ['30'] })).toBe(true);
  });
});

describe('a missing key', () => {
  test.each([
    ['StringEquals', false],
    ['StringNotEquals', true],
    ['StringLikeIfExists', true],
    ['NumericLessThan', false],
    ['NotIpAddress', true],
    ['ForAllValues:StringEquals', true],
    ['ForAllValues:StringNotEquals', true],
    ['ForAnyValue:StringEquals', false],
    ['ForAnyValue:StringNotEquals', false],
    ['ForAnyValue:StringEqualsIfExists', true],
  ])('makes %s %s', (operator, expected) => {
    const holds = condition(operator, 'aws:x', operator.includes('Numeric') ? '1' : operator.includes('Ip') ? '10.0.0.0/8' : 'a');
    expect(holds({})).toBe(expected);
    expect(holds({ 'aws:x': [] })).toBe(expected);
  });
  test('is what Null asks for', () => {
    expect(condition('Null', 'aws:x', 'true')({})).toBe(true);
    expect(condition('Null', 'aws:x', 'true')({ 'aws:x': ['a'] })).toBe(false);
    expect(condition('Null', 'aws:x', false)({ 'aws:x': ['a'] })).toBe(true);
    expect(condition('Null', 'aws:x', ['true', 'false'])({})).toBe(true);
  });
});

describe('several values in the request', () => {
  test.each([
    ['ForAllValues:StringEquals', ['a', 'b'], true],
    ['ForAllValues:StringEquals', ['a', 'c'], false],
    ['ForAnyValue:StringEquals', ['c', 'b'], true],
    ['ForAnyValue:StringEquals', ['c', 'd'], false],
    ['ForAllValues:StringNotEquals', ['c', 'd'], true],
    ['ForAllValues:StringNotEquals', ['c', 'a'], false],
    ['ForAnyValue:StringNotEquals', ['c', 'a'], true],
    ['ForAnyValue:StringNotEquals', ['b', 'a'], false],
    ['StringEquals', ['c', 'a'], true],
    ['StringNotEquals', ['c', 'a'], false],
  ])('%s [a, b] of %j is %s', (operator, values, expected) => {
    expect(condition(operator, 'aws:x', ['a', 'b'])({ 'aws:x': values })).toBe(expected);
  });
});

describe('policy variables', () => {
  const bob = { 'aws:username': ['bob'], 'aws:PrincipalTag/team': ['a*'] };
  test.each([
    ['StringEquals', 'home/${aws:username}', 'home/bob', true],
    ['StringEquals', '${AWS:UserName}', 'bob', true],
    ['StringLike', '${aws:username}/*', 'bob/x', true],
    ['StringLike', '${aws:PrincipalTag/team}', 'ab', false],
    ['StringLike', '${aws:PrincipalTag/team}', 'a*', true],
    ['StringEquals', "${aws:missing, 'it''s'}", "it''s", true],
    ['StringEquals', '${aws:missing}', '${aws:missing}', false],
    ['StringNotEquals', '${aws:missing}', 'x', false],
    ['StringLike', 'a${*}b', 'a*b', true],
    ['StringLike', 'a${*}b', 'axb', false],
    ['StringLike', 'a${?}${$}b', 'a?$b', true],
    ['ArnLike', 'arn:aws:iam::1:user/${aws:username}', 'arn:aws:iam::1:user/bob', true],
    ['StringEquals', '${unterminated', '${unterminated', true],
  ])('%s %s of %s is %s', (operator, policyValue, value, expected) => {
    expect(condition(operator, 'aws:x', policyValue)({ ...bob, 'aws:x': [value] })).toBe(expected);
  });
  test('are text in version 2008-10-17', () => {
    const holds = condition('StringEquals', 'aws:x', '${aws:username}', { version: '2008-10-17' });
    expect(holds({ ...bob, 'aws:x': ['bob'] })).toBe(false);
    expect(holds({ ...bob, 'aws:x': ['${aws:username}'] })).toBe(true);
  });
  test('without a value leave the other values of a positive operator standing', () => {
    expect(condition('StringEquals', 'aws:x', ['${aws:missing}', 'b'])({ 'aws:x': ['b'] })).toBe(true);
  });
  test('with several values have none', () => {
    expect(condition('StringEquals', 'aws:x', '${aws:many}')({ 'aws:x': ['b'], 'aws:many': ['b', 'c'] })).toBe(false);
  });
});

describe('a key policy', () => {
  test("can't see the tags and aliases of its key", () => {
    const tags = { 'aws:ResourceTag/team': ['red'], 'kms:ResourceAliases': ['alias/a'] };
    expect(condition('StringEquals', 'aws:ResourceTag/team', 'red')(tags)).toBe(true);
    expect(condition('StringEquals', 'aws:ResourceTag/team', 'red', { kind: 'key' })(tags)).toBe(false);
    expect(condition('Null', 'kms:ResourceAliases', 'true', { kind: 'key' })(tags)).toBe(true);
  });
  test('may not ask ForAllValues of a single pair of the encryption context', () => {
    expect(() => condition('ForAllValues:StringEquals', 'kms:EncryptionContext:a', 'b', { kind: 'key' })).toThrow(
      /^OverlyPermissiveCondition:EncryptionContext: Using the ForAllValues set operator with a single-valued condition key/,
    );
  });
});

describe('refused', () => {
  test.each([
    ['an unknown operator', 'StringMatches', 'aws:x', 'a', 'Invalid Condition type : StringMatches'],
    ['an unknown set', 'ForEach:StringEquals', 'aws:x', 'a', 'Invalid Condition type : ForEach:StringEquals'],
    ['NullIfExists', 'NullIfExists', 'aws:x', 'true', 'Invalid Condition type : NullIfExists'],
    ['a key without vendor', 'StringEquals', 'x', 'a', 'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.'],
    ['a number that is none', 'NumericEquals', 'aws:x', 'ten', "Invalid value for Condition NumericEquals: aws:x can't be ten"],
    ['a date that is none', 'DateEquals', 'aws:x', '2020-02-30', "Invalid value for Condition DateEquals: aws:x can't be 2020-02-30"],
    ['a block that is none', 'IpAddress', 'aws:x', '10.0.0.0/33', "Invalid value for Condition IpAddress: aws:x can't be 10.0.0.0/33"],
    ['a variable where none may be', 'Bool', 'aws:x', '${aws:y}', "Invalid value for Condition Bool: aws:x can't be ${…}"],
    ['null', 'StringEquals', 'aws:x', null, 'Syntax errors in policy. Condition key aws:x must have a string or a list of strings'],
  ])('%s', (_, operator, key, value, message) => {
    expect(() => condition(operator, key, value)).toThrow(expect.objectContaining({ code: 'MalformedPolicyDocumentException', message }));
  });
});
