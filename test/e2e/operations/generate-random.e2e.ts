import { afterAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

const caller = new Caller();
afterAll(() => caller[Symbol.dispose]());

describe('GenerateRandom', () => {
  test.each([1, 32, 1024])('gives %d bytes that are in no record', async (NumberOfBytes) => {
    const answer = await caller.ok('GenerateRandom', { NumberOfBytes });
    expect(Object.keys(answer.body)).toEqual(['Plaintext']);
    expect(Buffer.from(String(answer.body['Plaintext']), 'base64')).toHaveLength(NumberOfBytes);
    const record = await expectRecord(caller, 'GenerateRandom', answer, { readOnly: true, resources: [], responseElements: null });
    if (NumberOfBytes > 1) expect(JSON.stringify(record)).not.toContain(answer.body['Plaintext']);
  });

  test('gives other bytes each time', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => caller.ok('GenerateRandom', { NumberOfBytes: 16 })));
    expect(new Set(answers.map(({ body }) => body['Plaintext'])).size).toBe(20);
  });

  testRefusals('GenerateRandom', true, () => caller, [
    { name: 'a number is required', input: () => ({}), error: 'ValidationException', message: 'NumberOfBytes is required.' },
    {
      name: 'no byte is too few',
      input: () => ({ NumberOfBytes: 0 }),
      error: 'ValidationException',
      message:
        "1 validation error detected: Value '0' at 'numberOfBytes' failed to satisfy constraint: Member must have value greater than or equal to 1",
    },
    {
      name: '1,025 bytes are too many',
      input: () => ({ NumberOfBytes: 1025 }),
      error: 'ValidationException',
      message:
        "1 validation error detected: Value '1025' at 'numberOfBytes' failed to satisfy constraint: Member must have value less than or equal to 1024",
    },
    {
      name: 'a key store that does not exist is not found',
      input: () => ({ NumberOfBytes: 1, CustomKeyStoreId: 'cks-1234567890abcdef0' }),
      error: 'CustomKeyStoreNotFoundException',
    },
  ]);
});
