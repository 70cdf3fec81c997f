import { createPublicKey, encapsulate } from 'node:crypto';
import { DecapsulateCommand, DryRunOperationException, EncapsulateCommand, GetPublicKeyCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../e2e/fixtures/caller.ts';
import { keyRefusals } from '../e2e/fixtures/key-refusals.ts';
import { aKey, blob, type TestKey } from '../e2e/fixtures/keys.ts';
import { aPrimary, THERE } from '../e2e/fixtures/multi-region.ts';
import { expectRecord } from '../e2e/fixtures/records.ts';
import { testRefusals } from '../e2e/fixtures/refusals.ts';
import { sdkClient } from '../e2e/fixtures/sdk.ts';
import { useRefusals } from '../e2e/fixtures/use-refusals.ts';
import { pythonVerdict } from './python-verdict.ts';

const caller = new Caller();
const there = new Caller({ region: THERE });
const client = sdkClient();
const ofUsage = (KeySpec: string) => ({ KeySpec, KeyUsage: 'ENCAPSULATE_DECAPSULATE' });
const KEMS = [
  { KeySpec: 'ML_KEM_512', type: 'ml-kem-512', bytes: 768 },
  { KeySpec: 'ML_KEM_768', type: 'ml-kem-768', bytes: 1088 },
  { KeySpec: 'ML_KEM_1024', type: 'ml-kem-1024', bytes: 1568 },
] as const;
const EncapsulationAlgorithm = 'ML_KEM';
let key: TestKey;
let disabled: TestKey;
let doomed: TestKey;
beforeAll(async () => {
  key = await aKey(caller, ofUsage('ML_KEM_768'));
  disabled = await aKey(caller, { ...ofUsage('ML_KEM_768'), state: 'Disabled' });
  doomed = await aKey(caller, { ...ofUsage('ML_KEM_768'), state: 'PendingDeletion' });
});
afterAll(() => {
  client.destroy();
  caller[Symbol.dispose]();
  there[Symbol.dispose]();
});

async function publicKeyOf({ id }: TestKey): Promise<Buffer> {
  const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId: id }));
  return Buffer.from(PublicKey ?? []);
}

describe.each(KEMS)('a key of $KeySpec', ({ KeySpec, type, bytes }) => {
  let own: TestKey;
  beforeAll(async () => {
    own = await aKey(caller, ofUsage(KeySpec));
  });

  test('opens for the AWS SDK what the SDK let it close', async () => {
    const named = { KeyId: own.id, EncapsulationAlgorithm } as const;
    const closed = await client.send(new EncapsulateCommand(named));
    expect([closed.KeyId, closed.EncapsulationAlgorithm, closed.SharedSecret?.length]).toEqual([own.arn, 'ML_KEM', 32]);
    expect(closed.SharedSecretCiphertextBlob).toHaveLength(bytes);
    const opened = await client.send(new DecapsulateCommand({ ...named, SharedSecretCiphertextBlob: closed.SharedSecretCiphertextBlob }));
    expect([opened.KeyId, opened.EncapsulationAlgorithm]).toEqual([own.arn, 'ML_KEM']);
    expect(Buffer.from(opened.SharedSecret ?? []).equals(Buffer.from(closed.SharedSecret ?? []))).toBe(true);
  });

  test('opens what OpenSSL closes with its public key', async () => {
    const publicKey = createPublicKey({ key: await publicKeyOf(own), format: 'der', type: 'spki' });
    expect(publicKey.asymmetricKeyType).toBe(type);
    const { sharedKey, ciphertext } = encapsulate(publicKey);
    const { body } = await caller.ok('Decapsulate', {
      ...{ KeyId: own.id, EncapsulationAlgorithm, SharedSecretCiphertextBlob: blob(ciphertext) },
    });
    expect(body['SharedSecret']).toBe(blob(sharedKey));
  });

  test('is described with its usage and algorithm', async () => {
    const { body } = await caller.ok('DescribeKey', { KeyId: own.id });
    expect(body['KeyMetadata']).toMatchObject({ ...ofUsage(KeySpec), EncapsulationAlgorithms: ['ML_KEM'], Enabled: true });
    expect(body['KeyMetadata']).not.toHaveProperty('SigningAlgorithms');
    const answer = await caller.ok('GetPublicKey', { KeyId: own.id });
    expect(answer.body).toMatchObject({ ...ofUsage(KeySpec), EncapsulationAlgorithms: ['ML_KEM'] });
  });
});

// cryptography knows two of the three sets.
test.each(['ML_KEM_768', 'ML_KEM_1024'])('a key of %s opens what Python encapsulates', async (KeySpec) => {
  const own = await aKey(caller, ofUsage(KeySpec));
  const { same, secret, ciphertext } = await pythonVerdict(blob(await publicKeyOf(own)));
  expect(same).toBe(true);
  const { body } = await caller.ok('Decapsulate', { KeyId: own.id, EncapsulationAlgorithm, SharedSecretCiphertextBlob: ciphertext });
  expect(body['SharedSecret']).toBe(secret);
});

test('the relative of another Region opens what a multi-Region key closed', async () => {
  const primary = await aPrimary(caller, ofUsage('ML_KEM_768'));
  await caller.ok('ReplicateKey', { KeyId: primary.id, ReplicaRegion: THERE });
  const { body } = await caller.ok('Encapsulate', { KeyId: primary.id, EncapsulationAlgorithm });
  const opened = await there.ok('Decapsulate', {
    ...{ KeyId: primary.id, EncapsulationAlgorithm, SharedSecretCiphertextBlob: body['SharedSecretCiphertextBlob'] },
  });
  expect(opened.body['SharedSecret']).toBe(body['SharedSecret']);
});

test('what was changed on the way opens to another secret, always the same; another length opens to nothing', async () => {
  const { body } = await caller.ok('Encapsulate', { KeyId: key.id, EncapsulationAlgorithm });
  const changed = Buffer.from(String(body['SharedSecretCiphertextBlob']), 'base64');
  changed[0] = (changed[0] ?? 0) ^ 1;
  const open = (bytes: Buffer) => ({ KeyId: key.id, EncapsulationAlgorithm, SharedSecretCiphertextBlob: blob(bytes) });
  const [one, again] = [await caller.ok('Decapsulate', open(changed)), await caller.ok('Decapsulate', open(changed))];
  expect(one.body['SharedSecret']).not.toBe(body['SharedSecret']);
  expect(again.body['SharedSecret']).toBe(one.body['SharedSecret']);
  const cut = await caller.kms('Decapsulate', open(changed.subarray(1)));
  expect(cut).toMatchObject({ status: 400, error: 'InvalidCiphertextException' });
  await expectRecord(caller, 'Decapsulate', cut, { readOnly: true, error: 'InvalidCiphertextException' });
});

test('the records name key and algorithm, and neither secret nor encapsulation', async () => {
  const closed = await caller.ok('Encapsulate', { KeyId: key.id, EncapsulationAlgorithm });
  const { SharedSecret, SharedSecretCiphertextBlob } = closed.body;
  const opened = await caller.ok('Decapsulate', { KeyId: key.id, EncapsulationAlgorithm, SharedSecretCiphertextBlob });
  for (const [operation, answer] of [
    ['Encapsulate', closed],
    ['Decapsulate', opened],
  ] as const) {
    const requestParameters = { keyId: key.id, encapsulationAlgorithm: 'ML_KEM' };
    const record = await expectRecord(caller, operation, answer, {
      ...{ readOnly: true, resources: [key.arn], requestParameters, responseElements: null },
    });
    for (const hidden of [SharedSecret, SharedSecretCiphertextBlob]) expect(JSON.stringify(record)).not.toContain(hidden);
  }
});

test('a dry run is answered as one, by the name that the SDK knows', async () => {
  const sent = client.send(new EncapsulateCommand({ KeyId: key.id, EncapsulationAlgorithm, DryRun: true }));
  await expect(sent).rejects.toBeInstanceOf(DryRunOperationException);
});

describe.each(['Encapsulate', 'Decapsulate'])('%s', (operation) => {
  const input = (KeyId: string) => ({
    ...{ KeyId, EncapsulationAlgorithm },
    ...(operation === 'Decapsulate' ? { SharedSecretCiphertextBlob: blob(Buffer.alloc(1088)) } : {}),
  });
  testRefusals(operation, true, () => caller, [
    ...keyRefusals({ caller: () => caller, action: operation, more: () => input(key.id), aliases: true, key: () => key }),
    ...useRefusals({ input, key: () => key, disabled: () => disabled, doomed: () => doomed }),
  ]);
});
