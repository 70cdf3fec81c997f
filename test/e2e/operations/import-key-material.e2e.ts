import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitUntil } from '@trent/local-cluster';
import { Caller, type Members } from '../fixtures/caller.ts';
import { anImportKey, importMaterial, importOf, metadataOf, parametersFor, type ImportParameters } from '../fixtures/imports.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, blob, encrypted, tampered, type TestKey } from '../fixtures/keys.ts';
import { expectRecord, newestRecords } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

const DAY_S = 86_400;
const EXPIRED_MS = 30_000;
const caller = new Caller();
let key: TestKey;
let other: TestKey;
let own: TestKey;
let doomed: TestKey;
let parameters: ImportParameters;
const material = randomBytes(32);
beforeAll(async () => {
  key = await anImportKey(caller);
  other = await anImportKey(caller);
  own = await aKey(caller);
  doomed = await anImportKey(caller, { state: 'PendingDeletion' });
  await importMaterial(caller, key, material);
  parameters = await parametersFor(caller, key);
}, 120_000);
afterAll(() => caller[Symbol.dispose]());

const inAnHour = (): number => Math.floor(Date.now() / 1000) + 3600;
const decrypted = async ({ id }: TestKey, CiphertextBlob: string): Promise<unknown> =>
  (await caller.ok('Decrypt', { KeyId: id, CiphertextBlob })).body['Plaintext'];

describe('ImportKeyMaterial', () => {
  test('a key of Origin EXTERNAL waits for its material and is usable with it', async () => {
    const waiting = await anImportKey(caller);
    expect(await metadataOf(caller, waiting)).toMatchObject({ KeyState: 'PendingImport', Enabled: false, Origin: 'EXTERNAL' });
    const refused = await caller.kms('Encrypt', { KeyId: waiting.id, Plaintext: blob('x') });
    expect(refused).toMatchObject({ error: 'KMSInvalidStateException', message: `${waiting.arn} is pending import.` });

    const wanted = await parametersFor(caller, waiting);
    const answer = await caller.ok('ImportKeyMaterial', importOf(waiting, wanted, randomBytes(32), { ValidTo: inAnHour() }));
    expect(answer.body).toEqual({ KeyId: waiting.arn, KeyMaterialId: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(await metadataOf(caller, waiting)).toMatchObject({
      KeyState: 'Enabled',
      ExpirationModel: 'KEY_MATERIAL_EXPIRES',
      ValidTo: expect.any(Number),
      CurrentKeyMaterialId: answer.body['KeyMaterialId'],
    });
    expect(await decrypted(waiting, await encrypted(caller, waiting, 'kept'))).toBe(blob('kept'));
    const record = await expectRecord(caller, 'ImportKeyMaterial', answer, {
      readOnly: false,
      resources: [waiting.arn],
      requestParameters: { keyId: waiting.id },
      responseElements: { keyId: waiting.arn, keyMaterialId: answer.body['KeyMaterialId'] },
    });
    const names = Object.keys(record['requestParameters'] as Members);
    expect(names).not.toContain('importToken');
    expect(names).not.toContain('encryptedKeyMaterial');
    expect(record).not.toHaveProperty('additionalEventData');
  });

  test('a wrapping that the HSM can not open by itself is marked in the record', async () => {
    const wanted = await parametersFor(caller, other, 'RSAES_OAEP_SHA_256', 'RSA_3072');
    const answer = await caller.ok('ImportKeyMaterial', importOf(other, wanted, randomBytes(32)));
    await expectRecord(caller, 'ImportKeyMaterial', answer, { readOnly: false, additionalEventData: { trentSoftwareImport: 'true' } });
    expect(await decrypted(other, await encrypted(caller, other, 'kept'))).toBe(blob('kept'));
  });

  test("the worker's /readyz says that the switch is on, and what for", async () => {
    const answer = await fetch(`http://127.0.0.1:${String(caller.cluster.port('crypto-worker-a.admin'))}/readyz`);
    const { ready, remarks } = (await answer.json()) as { ready: boolean; remarks: Record<string, string> };
    expect(ready).toBe(true);
    expect(remarks['software import']).toBe('allowed: the padding of rsa-oaep-sha256 is taken off in this process');
  });

  test('the same material has the same id, also under another wrapping, and opens what it encrypted before it was deleted', async () => {
    const mine = await anImportKey(caller);
    const bytes = randomBytes(32);
    const id = await importMaterial(caller, mine, bytes);
    const ciphertext = await encrypted(caller, mine, 'kept');
    await caller.ok('DeleteImportedKeyMaterial', { KeyId: mine.id });
    expect(await metadataOf(caller, mine)).toMatchObject({ KeyState: 'PendingImport', CurrentKeyMaterialId: id });
    const wanted = await parametersFor(caller, mine, 'RSAES_OAEP_SHA_256', 'RSA_3072');
    const { body } = await caller.ok('ImportKeyMaterial', importOf(mine, wanted, bytes, { KeyMaterialId: id }));
    expect(body['KeyMaterialId']).toBe(id);
    expect(await decrypted(mine, ciphertext)).toBe(blob('kept'));
  });

  test('importing again sets the expiry anew, and a token serves more than once', async () => {
    const mine = await anImportKey(caller);
    const wanted = await parametersFor(caller, mine);
    const bytes = randomBytes(32);
    const validTo = inAnHour();
    await caller.ok('ImportKeyMaterial', importOf(mine, wanted, bytes, { ValidTo: validTo }));
    await caller.ok('ImportKeyMaterial', importOf(mine, wanted, bytes, { ValidTo: validTo + 60 }));
    expect(await metadataOf(caller, mine)).toMatchObject({ ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: validTo + 60 });
    await caller.ok('ImportKeyMaterial', importOf(mine, wanted, bytes));
    const metadata = await metadataOf(caller, mine);
    expect(metadata).toMatchObject({ KeyState: 'Enabled', ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' });
    expect(metadata).not.toHaveProperty('ValidTo');
  });

  test('a disabled key stays disabled, and one that lost its material comes back enabled', async () => {
    const mine = await anImportKey(caller);
    const bytes = randomBytes(32);
    await importMaterial(caller, mine, bytes);
    await caller.ok('DisableKey', { KeyId: mine.id });
    await importMaterial(caller, mine, bytes);
    expect((await metadataOf(caller, mine))['KeyState']).toBe('Disabled');
    await caller.ok('DeleteImportedKeyMaterial', { KeyId: mine.id });
    await importMaterial(caller, mine, bytes);
    expect((await metadataOf(caller, mine))['KeyState']).toBe('Enabled');
  });

  test('material goes when its time has come, the trail says so, and it can come back', async () => {
    const mine = await anImportKey(caller);
    const bytes = randomBytes(32);
    const wanted = await parametersFor(caller, mine);
    await caller.ok('ImportKeyMaterial', importOf(mine, wanted, bytes));
    const ciphertext = await encrypted(caller, mine, 'kept');
    const { body } = await caller.ok('ImportKeyMaterial', importOf(mine, wanted, bytes, { ValidTo: Date.now() / 1000 + 5 }));
    const id = String(body['KeyMaterialId']);
    await waitUntil('the material to expire', EXPIRED_MS, async () => {
      const { KeyState } = await metadataOf(caller, mine);
      return KeyState === 'PendingImport' ? true : String(KeyState);
    });
    const metadata = await metadataOf(caller, mine);
    expect(metadata).not.toHaveProperty('ValidTo');
    expect(metadata).not.toHaveProperty('ExpirationModel');
    const refused = await caller.kms('Encrypt', { KeyId: mine.id, Plaintext: blob('x') });
    expect(refused.error).toBe('KMSInvalidStateException');
    await waitUntil('the record of the expiry', EXPIRED_MS, async () => {
      const events = await newestRecords(caller, 'DeleteExpiredKeyMaterial');
      const event = events.find((one) => JSON.stringify(one['serviceEventDetails']).includes(id));
      if (event === undefined) return 'not there';
      expect(event).toMatchObject({ eventType: 'AwsServiceEvent', serviceEventDetails: { keyId: mine.id, keyMaterialId: id } });
      return true;
    });
    await caller.ok('ImportKeyMaterial', importOf(mine, wanted, bytes));
    expect(await decrypted(mine, ciphertext)).toBe(blob('kept'));
  });

  test('new material of a symmetric key waits for its rotation, one at a time', async () => {
    const mine = await anImportKey(caller);
    const first = await importMaterial(caller, mine, randomBytes(32), { KeyMaterialDescription: 'the first' });
    const NEW = { ImportType: 'NEW_KEY_MATERIAL' };
    const wanted = await parametersFor(caller, mine);
    const bytes = randomBytes(32);
    const second = (await caller.ok('ImportKeyMaterial', importOf(mine, wanted, bytes, NEW))).body['KeyMaterialId'];
    expect((await metadataOf(caller, mine))['CurrentKeyMaterialId']).toBe(first);
    const third = await caller.kms('ImportKeyMaterial', importOf(mine, wanted, randomBytes(32), NEW));
    expect(third.error).toBe('KMSInvalidStateException');
    expect(third.message).toMatch(
      new RegExp(
        `^New key material \\(id: [0-9a-f]{64}\\) cannot be imported into KMS key ${mine.arn}, because another key material \\(id: ${String(second)}\\) is pending rotation\\.$`,
      ),
    );
    const known = await caller.kms('ImportKeyMaterial', importOf(mine, wanted, bytes, NEW));
    expect(known.error).toBe('IncorrectKeyMaterialException');
    await caller.ok('DeleteImportedKeyMaterial', { KeyId: mine.id, KeyMaterialId: second });
    expect((await metadataOf(caller, mine))['KeyState']).toBe('Enabled');
    await caller.ok('ImportKeyMaterial', importOf(mine, wanted, randomBytes(32), NEW));
  });

  test('the same request under the same invocation id is answered as the first was, though new material is known by then', async () => {
    const mine = await anImportKey(caller);
    await importMaterial(caller, mine, randomBytes(32));
    const body = JSON.stringify(importOf(mine, await parametersFor(caller, mine), randomBytes(32), { ImportType: 'NEW_KEY_MATERIAL' }));
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'TrentService.ImportKeyMaterial',
      'amz-sdk-invocation-id': crypto.randomUUID(),
    };
    const send = async () => caller.wire.send({ body, headers: await caller.sign({ headers, body }) });
    const first = await send();
    expect(first.status).toBe(200);
    expect((await send()).text).toBe(first.text);
  });

  test('a key policy can bound how, for how long and whether at all material is brought', async () => {
    const deny = (Action: string, Condition: object) => ({
      Effect: 'Deny',
      Principal: '*',
      Action: `kms:${Action}`,
      Resource: '*',
      Condition,
    });
    const rooted = { Effect: 'Allow', Principal: { AWS: caller.account.accountId }, Action: 'kms:*', Resource: '*' };
    const Statement = [
      rooted,
      deny('GetParametersForImport', { StringNotEquals: { 'kms:WrappingAlgorithm': 'RSAES_OAEP_SHA_1' } }),
      deny('GetParametersForImport', { StringEquals: { 'kms:WrappingKeySpec': 'RSA_2048' } }),
      deny('ImportKeyMaterial', { StringEquals: { 'kms:ExpirationModel': 'KEY_MATERIAL_DOES_NOT_EXPIRE' } }),
      deny('ImportKeyMaterial', { DateGreaterThan: { 'kms:ValidTo': new Date(Date.now() + 7_200_000).toISOString() } }),
    ];
    const mine = await anImportKey(caller, { Policy: JSON.stringify({ Version: '2012-10-17', Statement }) });
    const ask = (WrappingAlgorithm: string, WrappingKeySpec: string) =>
      caller.kms('GetParametersForImport', { KeyId: mine.id, WrappingAlgorithm, WrappingKeySpec });
    expect((await ask('RSAES_OAEP_SHA_256', 'RSA_3072')).error).toBe('AccessDeniedException');
    expect((await ask('RSAES_OAEP_SHA_1', 'RSA_2048')).error).toBe('AccessDeniedException');
    const wanted = await parametersFor(caller, mine, 'RSAES_OAEP_SHA_1', 'RSA_3072');
    const bring = (more: Members) => caller.kms('ImportKeyMaterial', importOf(mine, wanted, randomBytes(32), more));
    expect((await bring({})).error).toBe('AccessDeniedException');
    expect((await bring({ ValidTo: inAnHour() + 7_200 })).error).toBe('AccessDeniedException');
    expect((await bring({ ValidTo: inAnHour() })).status).toBe(200);
  });

  testRefusals('ImportKeyMaterial', false, () => caller, [
    ...keyRefusals({
      caller: () => caller,
      action: 'ImportKeyMaterial',
      aliases: false,
      key: () => key,
      more: () => ({ ...importOf(key, parameters, material), KeyId: undefined }),
    }),
    {
      name: 'material needs a date of expiry unless it says that it has none',
      input: () => ({ ...importOf(key, parameters, material), ExpirationModel: undefined }),
      error: 'ValidationException',
      message: 'A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES',
    },
    {
      name: 'a date and no expiry contradict each other',
      input: () => importOf(key, parameters, material, { ValidTo: inAnHour(), ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }),
      error: 'ValidationException',
      message: 'A validTo date must not be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE',
    },
    {
      name: 'a date that has passed is refused',
      input: () => importOf(key, parameters, material, { ValidTo: inAnHour() - 2 * 3600 }),
      error: 'ValidationException',
      message: 'The validTo date must be in the future.',
    },
    {
      name: 'a date more than a year away is refused',
      input: () => importOf(key, parameters, material, { ValidTo: inAnHour() + 365 * DAY_S }),
      error: 'ValidationException',
      message: 'The validTo date must be no more than 365 days in the future.',
    },
    {
      name: 'new material can not be named',
      input: () => importOf(key, parameters, material, { ImportType: 'NEW_KEY_MATERIAL', KeyMaterialId: 'a'.repeat(64) }),
      error: 'ValidationException',
      message: 'KeyMaterialId cannot be specified if the ImportType is NEW_KEY_MATERIAL',
    },
    {
      name: 'a key with material of its own takes none',
      input: () => ({ ...importOf(key, parameters, material), KeyId: own.id }),
      error: 'UnsupportedOperationException',
      message: () => `${own.arn} origin is AWS_KMS which is not valid for this operation.`,
    },
    {
      name: 'a key that is pending deletion takes none',
      input: () => ({ ...importOf(key, parameters, material), KeyId: doomed.id }),
      error: 'KMSInvalidStateException',
      message: () => `${doomed.arn} is pending deletion.`,
    },
    {
      name: 'a token of another key is invalid',
      input: () => ({ ...importOf(other, parameters, material) }),
      error: 'InvalidImportTokenException',
    },
    {
      name: 'a token that was altered is invalid',
      input: () => importOf(key, { ...parameters, token: tampered(parameters.token, 7) }, material),
      error: 'InvalidImportTokenException',
    },
    {
      name: 'what is no token is invalid',
      input: () => importOf(key, { ...parameters, token: blob('no token') }, material),
      error: 'InvalidImportTokenException',
    },
    {
      name: 'a wrapping that does not open is an invalid ciphertext',
      input: () => ({ ...importOf(key, parameters, material), EncryptedKeyMaterial: randomBytes(256).toString('base64') }),
      error: 'InvalidCiphertextException',
    },
    {
      name: 'a wrapping of another length is an invalid ciphertext',
      input: () => ({ ...importOf(key, parameters, material), EncryptedKeyMaterial: randomBytes(255).toString('base64') }),
      error: 'InvalidCiphertextException',
    },
    {
      name: 'other material than the key had is incorrect',
      input: () => importOf(key, parameters, randomBytes(32)),
      error: 'IncorrectKeyMaterialException',
    },
    {
      name: 'the right material under another name is incorrect',
      input: () => importOf(key, parameters, material, { KeyMaterialId: 'b'.repeat(64) }),
      error: 'IncorrectKeyMaterialException',
    },
    ...[16, 24, 31, 33, 64].map((length) => ({
      name: `a symmetric key of ${String(length)} bytes is incorrect`,
      input: () => importOf(key, parameters, randomBytes(length)),
      error: 'IncorrectKeyMaterialException',
    })),
  ]);
});
