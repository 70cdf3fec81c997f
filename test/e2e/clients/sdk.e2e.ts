import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GenerateRandomCommand,
  GetKeyPolicyCommand,
  KMSClient,
  ListResourceTagsCommand,
  paginateListAliases,
  paginateListKeys,
  ReEncryptCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitUntil } from '@trent/local-cluster';
import { firstAccount, testCluster, variable } from '../fixtures/cluster.ts';

const FOUND_MS = 20_000;
const cluster = testCluster();
const account = firstAccount(cluster);
// In a process of its own the environment says all this (local-cluster.e2e.ts); within jest the environment was read long ago.
const settings = {
  endpoint: variable(cluster, 'AWS_ENDPOINT_URL'),
  region: variable(cluster, 'AWS_REGION'),
  credentials: { accessKeyId: account.accessKeyId, secretAccessKey: account.secretAccessKey },
  requestHandler: { httpsAgent: { ca: readFileSync(variable(cluster, 'AWS_CA_BUNDLE')), keepAlive: true } },
};
const kms = new KMSClient(settings);
const sts = new STSClient(settings);
const trail = new CloudTrailClient(settings);
afterAll(() => {
  for (const client of [kms, sts, trail]) client.destroy();
});

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const text = (blob: Uint8Array | undefined): string => Buffer.from(blob ?? []).toString();

describe('the AWS SDK for JavaScript, unchanged', () => {
  let KeyId = '';
  let other = '';
  beforeAll(async () => {
    KeyId = (await kms.send(new CreateKeyCommand({ Description: 'from the SDK', Tags: [{ TagKey: 'team', TagValue: 'blue' }] })))
      .KeyMetadata!.KeyId!;
    other = (await kms.send(new CreateKeyCommand({}))).KeyMetadata!.KeyId!;
  });

  test('describes keys with dates as dates', async () => {
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }));
    expect(KeyMetadata).toMatchObject({ KeyId, Description: 'from the SDK', KeyState: 'Enabled', MultiRegion: false });
    expect(KeyMetadata?.CreationDate?.getTime()).toBeGreaterThan(Date.now() - 600_000);
  });

  test('pages through keys and aliases by its own paginators', async () => {
    const AliasName = `alias/${randomUUID()}`;
    await kms.send(new CreateAliasCommand({ AliasName, TargetKeyId: KeyId }));
    const keys: (string | undefined)[] = [];
    for await (const { Keys } of paginateListKeys({ client: kms, pageSize: 50 }, {})) keys.push(...(Keys ?? []).map((key) => key.KeyId));
    expect(keys).toEqual(expect.arrayContaining([KeyId, other]));
    const aliases: (string | undefined)[] = [];
    for await (const page of paginateListAliases({ client: kms }, { KeyId }))
      aliases.push(...(page.Aliases ?? []).map((one) => one.AliasName));
    expect(aliases).toEqual([AliasName]);
  });

  test('encrypts, decrypts without naming the key, and re-encrypts', async () => {
    const EncryptionContext = { tenant: 'blue' };
    const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId, Plaintext: bytes('kept'), EncryptionContext }));
    const opened = await kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
    expect(text(opened.Plaintext)).toBe('kept');
    const moved = await kms.send(
      new ReEncryptCommand({ CiphertextBlob, SourceEncryptionContext: EncryptionContext, DestinationKeyId: other }),
    );
    expect(moved.SourceKeyId).toContain(KeyId);
    expect(text((await kms.send(new DecryptCommand({ CiphertextBlob: moved.CiphertextBlob }))).Plaintext)).toBe('kept');
  });

  test('makes data keys and random bytes', async () => {
    const dataKey = await kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }));
    expect(dataKey.Plaintext).toHaveLength(32);
    const opened = await kms.send(new DecryptCommand({ CiphertextBlob: dataKey.CiphertextBlob }));
    expect(Buffer.from(opened.Plaintext ?? []).equals(Buffer.from(dataKey.Plaintext ?? []))).toBe(true);
    const closed = await kms.send(new GenerateDataKeyWithoutPlaintextCommand({ KeyId, NumberOfBytes: 24 }));
    expect((await kms.send(new DecryptCommand({ CiphertextBlob: closed.CiphertextBlob }))).Plaintext).toHaveLength(24);
    expect((await kms.send(new GenerateRandomCommand({ NumberOfBytes: 5 }))).Plaintext).toHaveLength(5);
  });

  test('reads policy and tags', async () => {
    expect(JSON.parse((await kms.send(new GetKeyPolicyCommand({ KeyId }))).Policy ?? '')).toMatchObject({ Version: '2012-10-17' });
    expect((await kms.send(new ListResourceTagsCommand({ KeyId }))).Tags).toEqual([{ TagKey: 'team', TagValue: 'blue' }]);
  });

  test('meets errors as the classes it knows them by', async () => {
    await kms.send(new DisableKeyCommand({ KeyId: other }));
    await expect(kms.send(new EncryptCommand({ KeyId: other, Plaintext: bytes('x') }))).rejects.toMatchObject({
      name: 'DisabledException',
      $fault: 'client',
      $metadata: { httpStatusCode: 400, attempts: 1, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    });
    await kms.send(new EnableKeyCommand({ KeyId: other }));
    await expect(kms.send(new DecryptCommand({ CiphertextBlob: bytes('rubbish') }))).rejects.toMatchObject({
      name: 'InvalidCiphertextException',
    });
    await expect(kms.send(new DescribeKeyCommand({ KeyId: 'alias/unknown' }))).rejects.toMatchObject({ name: 'NotFoundException' });
    const scheduled = await kms.send(new ScheduleKeyDeletionCommand({ KeyId: other, PendingWindowInDays: 7 }));
    expect(scheduled.DeletionDate?.getTime()).toBeGreaterThan(Date.now() + 6 * 86_400_000);
    await expect(kms.send(new EnableKeyCommand({ KeyId: other }))).rejects.toMatchObject({ name: 'KMSInvalidStateException' });
    await kms.send(new CancelKeyDeletionCommand({ KeyId: other }));
  });

  test('knows who calls', async () => {
    expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: account.accountId,
      Arn: `arn:aws:iam::${account.accountId}:root`,
    });
  });

  test('finds what was done by the request id it was given', async () => {
    const { $metadata } = await kms.send(new GenerateRandomCommand({ NumberOfBytes: 1 }));
    await waitUntil('the record of GenerateRandom', FOUND_MS, async () => {
      const { Events = [] } = await trail.send(
        new LookupEventsCommand({ LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'GenerateRandom' }] }),
      );
      const found = Events.find(({ CloudTrailEvent = '' }) => CloudTrailEvent.includes(String($metadata.requestId)));
      return found?.EventTime !== undefined ? true : 'not there';
    });
  });
});
