import { describe, expect, test } from '@jest/globals';
import { CRYPTO_DEADLINE_MS, deadlineOf, GENERATION_DEADLINE_MS, ROOM_DEADLINE_MS } from './ask.ts';
import { planOf } from './road.fixture.ts';

describe('how long a request has', () => {
  test.each([
    ['kms.Encrypt', CRYPTO_DEADLINE_MS],
    ['kms.CreateAlias', ROOM_DEADLINE_MS],
    ['kms.CreateKey', GENERATION_DEADLINE_MS],
    ['kms.GenerateDataKeyPair', GENERATION_DEADLINE_MS],
    ['kms.GenerateDataKeyPairWithoutPlaintext', GENERATION_DEADLINE_MS],
    ['kms.GetParametersForImport', GENERATION_DEADLINE_MS],
  ])('%s: %i ms, or less if its client has less', (name, most) => {
    expect(deadlineOf(planOf(name), 1_000)).toBe(1_000 + most);
    expect(deadlineOf(planOf(name), 1_000, 500)).toBe(1_500);
  });
});
