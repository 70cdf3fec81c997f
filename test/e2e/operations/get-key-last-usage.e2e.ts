import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitUntil } from '@trent/local-cluster';
import { Caller, type Answer } from '../fixtures/caller.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, encrypted, type TestKey } from '../fixtures/keys.ts';
import { expectRecord, recordOf } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

const caller = new Caller();
let key: TestKey;
beforeAll(async () => {
  key = await aKey(caller);
});
afterAll(() => caller[Symbol.dispose]());

/** Gateways report every five seconds. */
const REPORTED_MS = 30_000;

interface LastUsage {
  readonly KeyLastUsage: {
    readonly Operation?: string;
    readonly Timestamp?: number;
    readonly CloudTrailEventId?: string;
    readonly KmsRequestId?: string;
  };
}

async function usageAfter(used: Answer, { id }: TestKey): Promise<LastUsage['KeyLastUsage']> {
  let usage: LastUsage['KeyLastUsage'] = {};
  await waitUntil(`the use ${used.requestId} of ${id}`, REPORTED_MS, async () => {
    ({ KeyLastUsage: usage } = (await caller.ok('GetKeyLastUsage', { KeyId: id })).body as unknown as LastUsage);
    return usage.KmsRequestId === used.requestId ? true : 'not reported yet';
  });
  return usage;
}

describe('GetKeyLastUsage', () => {
  test('of a key that was not used is empty', async () => {
    const answer = await caller.ok('GetKeyLastUsage', { KeyId: key.arn });
    const { body } = await caller.ok('DescribeKey', { KeyId: key.id });
    const created = (body['KeyMetadata'] as { CreationDate: number }).CreationDate;
    expect(answer.body).toEqual({ KeyId: key.id, KeyLastUsage: {}, TrackingStartDate: created, KeyCreationDate: created });
    await expectRecord(caller, 'GetKeyLastUsage', answer, {
      readOnly: true,
      resources: [key.arn],
      requestParameters: { keyId: key.arn },
      responseElements: null,
    });
  });

  test('tells the last successful use, by its record; reads, refusals and dry runs are none', async () => {
    const own = await aKey(caller);
    const ciphertext = await encrypted(caller, own, 'x');
    const used = await caller.ok('Decrypt', { CiphertextBlob: ciphertext });
    await caller.kms('Decrypt', { CiphertextBlob: ciphertext, EncryptionContext: { wrong: 'context' } });
    await caller.kms('Encrypt', { KeyId: own.id, Plaintext: 'AA==', DryRun: true });
    const usage = await usageAfter(used, own);
    const record = await recordOf(caller, 'Decrypt', used);
    expect(usage).toEqual({
      Operation: 'Decrypt',
      Timestamp: expect.any(Number),
      CloudTrailEventId: record['eventID'],
      KmsRequestId: used.requestId,
    });
    expect(Math.abs(Number(usage.Timestamp) - Date.parse(String(record['eventTime'])) / 1000)).toBeLessThan(10);
  });

  test('a re-encryption is a use of both keys', async () => {
    const [source, destination] = [await aKey(caller), await aKey(caller)];
    const ciphertext = await encrypted(caller, source, 'x');
    const used = await caller.ok('ReEncrypt', { CiphertextBlob: ciphertext, DestinationKeyId: destination.id });
    for (const one of [source, destination]) expect((await usageAfter(used, one)).Operation).toBe('ReEncrypt');
  });

  testRefusals('GetKeyLastUsage', true, () => caller, [
    ...keyRefusals({ caller: () => caller, action: 'GetKeyLastUsage', aliases: false, key: () => key }),
  ]);
});
