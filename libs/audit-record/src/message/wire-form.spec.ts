import { describe, expect, test } from '@jest/globals';
import { auditStream, auditSubject, messageBody, readMessageBody } from './wire-form.ts';

describe('the body of an audit message', () => {
  test.each([[[]], [['{"a":1}']], [['{"a":",\\n"}', '{}', '"x"']]])('%j is a JSON array and comes apart again', (records) => {
    const body = messageBody(records);
    expect(JSON.parse(body)).toEqual(records.map((record): unknown => JSON.parse(record)));
    expect(readMessageBody(body)).toEqual(records);
  });

  test.each(['', '{}', '[', 'null', '[1'])('%j is not one', (body) => {
    expect(readMessageBody(body)).toBeUndefined();
  });
});

test('streams and subjects carry the region and the number', () => {
  expect(auditStream('us-east-1', 2)).toBe('AUDIT_us-east-1_2');
  expect(auditSubject('us-east-1', 2)).toBe('trent.audit.us-east-1.2');
});
