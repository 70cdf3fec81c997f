import { describe, expect, test } from '@jest/globals';
import { kms } from '@trent/contracts';
import { isTrentError } from '@trent/errors';
import fc from 'fast-check';
import { planOperations } from '../operations/operation-plan.ts';
import { batchOperations, decodeBatchRequest, encodeBatchResponse } from './batch-codec.ts';

const byField = batchOperations(planOperations());
const bytes = fc.uint8Array({ maxLength: 100 }).map((value) => Buffer.from(value));

const item = fc.record({
  id: fc.nat({ max: 0xffffffff }),
  timeoutMs: fc.nat({ max: 0xffffffff }),
  plaintext: bytes,
});

describe('the batch codec', () => {
  test('reads what a generated client writes, requests byte for byte', () => {
    fc.assert(
      fc.property(fc.array(item), (items) => {
        const requests = items.map(({ plaintext }) => kms.EncryptRequest.create({ keyId: 'k', plaintext }));
        const message = kms.BatchRequest.create({
          items: items.map(({ id, timeoutMs }, index) => ({
            id,
            timeoutMs,
            input: { $case: 'encrypt', value: requests[index] as kms.EncryptRequest },
          })),
        });
        const decoded = decodeBatchRequest(Buffer.from(kms.BatchRequest.encode(message).finish()));
        expect(decoded.items).toEqual(
          items.map(({ id, timeoutMs }, index) => ({
            id,
            timeoutMs,
            field: 10,
            input: Buffer.from(kms.EncryptRequest.encode(requests[index] as kms.EncryptRequest).finish()),
          })),
        );
      }),
    );
  });

  test('writes what a generated client reads', () => {
    const answer = kms.GenerateRandomResponse.create({ plaintext: Buffer.from([1, 2]) });
    const message = kms.BatchResponse.decode(
      encodeBatchResponse({
        results: [
          { id: 7, requestId: 'r', field: 15, output: Buffer.from(kms.GenerateRandomResponse.encode(answer).finish()), error: undefined },
          {
            id: 0,
            requestId: 's',
            field: 15,
            output: Buffer.alloc(0),
            error: { code: 'DisabledException', message: 'm', retryAfterMs: 0, details: new Map() },
          },
        ],
        draining: true,
      }),
    );
    expect(message.draining).toBe(true);
    expect(message.results).toEqual([
      { id: 7, requestId: 'r', outcome: { $case: 'generateRandom', value: answer } },
      {
        id: 0,
        requestId: 's',
        outcome: { $case: 'error', value: { code: 'DisabledException', message: 'm', retryAfterMs: 0, details: new Map() } },
      },
    ]);
  });

  test('any bytes give items or a SerializationException', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        try {
          expect(Array.isArray(decodeBatchRequest(value).items)).toBe(true);
        } catch (error) {
          if (!isTrentError(error) || error.code !== 'SerializationException') throw error;
        }
      }),
    );
  });

  test('every operation that a batch may hold is known', () => {
    expect([...byField].map(([field, plan]) => [field, plan.operation.name])).toEqual([
      [10, 'kms.Encrypt'],
      [11, 'kms.Decrypt'],
      [12, 'kms.ReEncrypt'],
      [13, 'kms.GenerateDataKey'],
      [14, 'kms.GenerateDataKeyWithoutPlaintext'],
      [15, 'kms.GenerateRandom'],
      [16, 'kms.Sign'],
      [17, 'kms.Verify'],
      [18, 'kms.GetPublicKey'],
      [19, 'kms.GenerateMac'],
      [20, 'kms.VerifyMac'],
    ]);
  });
});
