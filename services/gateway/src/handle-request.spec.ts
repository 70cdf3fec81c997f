import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { kms, sts } from '@trent/contracts';
import { trentError } from '@trent/errors';
import { handleRequest } from './handle-request.ts';
import {
  aCiphertext,
  ACCOUNT,
  anAsk,
  anAuthorization,
  anErrorDetail,
  aRoad,
  IDENTITY,
  KEY_ARN,
  KEY_ID,
  MATERIAL_ID,
  planOf,
} from './road.fixture.ts';

describe('a request that may', () => {
  test('is authorised, executed, recorded and then answered', async () => {
    const trip = aRoad();
    const output = await handleRequest(trip.road, anAsk());
    expect(kms.EncryptResponse.decode(output).keyId).toBe(KEY_ARN);
    expect(trip.steps).toEqual(['authorize', 'execute', 'record']);
  });

  test('policy is asked about the very bytes that the worker gets', async () => {
    const trip = aRoad();
    await handleRequest(trip.road, anAsk());
    const [{ item } = { item: undefined }] = trip.authorized;
    const [execution] = trip.executed;
    expect(item?.inputDigest).toEqual(
      createHash('sha256')
        .update(execution?.input ?? '')
        .digest(),
    );
    expect(execution).toMatchObject({
      operation: 'kms.Encrypt',
      permit: Buffer.from('permit'),
      tokens: [Buffer.from('token')],
      accountId: ACCOUNT,
    });
    expect(kms.EncryptRequest.decode(execution?.input ?? Buffer.alloc(0)).plaintext?.toString()).toBe('secret');
  });

  test('bytes that the wire carried are executed as they came', async () => {
    const trip = aRoad();
    const input = Buffer.concat([
      kms.EncryptRequest.encode(kms.EncryptRequest.create({ keyId: KEY_ID, plaintext: Buffer.from('x') })).finish(),
      Buffer.from([0xf8, 0x07, 1]),
    ]);
    await handleRequest(trip.road, anAsk({ message: kms.EncryptRequest.decode(input), input }));
    expect(trip.executed[0]?.input).toBe(input);
  });

  test('its record shows what may be shown and whose it is', async () => {
    const trip = aRoad();
    await handleRequest(trip.road, anAsk());
    expect(trip.records).toEqual([
      expect.objectContaining({
        eventName: 'Encrypt',
        userIdentity: JSON.parse(IDENTITY) as unknown,
        requestID: '5c9d1e1a-0000-4000-8000-000000000001',
        requestParameters: { keyId: KEY_ID, encryptionContext: { tenant: 'blue' } },
        responseElements: null,
        additionalEventData: { keyMaterialId: MATERIAL_ID },
        resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: KEY_ARN }],
        recipientAccountId: ACCOUNT,
        sourceIPAddress: '192.0.2.1',
      }),
    ]);
    expect(trip.records[0]).not.toHaveProperty('errorCode');
  });

  test('P3: an answer that could not be recorded is not given', async () => {
    const trip = aRoad({
      publish: () => {
        throw trentError('KMSInternalException', 'The request could not be recorded.');
      },
    });
    await expect(handleRequest(trip.road, anAsk())).rejects.toMatchObject({ code: 'KMSInternalException' });
  });

  test('a use of a key is noted by its record, once that is acknowledged; what failed is none', async () => {
    const uses: unknown[] = [];
    const trip = aRoad({ use: (keyArns, use) => uses.push({ keyArns, ...use, steps: [...trip.steps] }) });
    await handleRequest(trip.road, anAsk());
    expect(uses).toEqual([
      {
        keyArns: [KEY_ARN],
        operation: 'Encrypt',
        eventId: trip.records[0]?.['eventID'],
        requestId: '5c9d1e1a-0000-4000-8000-000000000001',
        atMs: 1_700_000_000_000,
        steps: ['authorize', 'execute', 'record'],
      },
    ]);
    const failing = aRoad({ use: () => uses.push('unexpected'), execute: () => ({ error: anErrorDetail('InvalidCiphertextException') }) });
    await expect(handleRequest(failing.road, anAsk())).rejects.toMatchObject({ code: 'InvalidCiphertextException' });
    expect(uses).toHaveLength(1);
  });

  test('management goes to its room with a draft of the record, and is not recorded twice', async () => {
    const trip = aRoad({ invoke: () => ({ output: Buffer.alloc(0), recorded: true }) });
    const message = kms.DisableKeyRequest.create({ keyId: KEY_ID });
    await handleRequest(trip.road, anAsk({ plan: planOf('kms.DisableKey'), message }));
    expect(trip.steps).toEqual(['authorize', 'invoke']);
    expect(trip.invoked[0]).toMatchObject({
      operation: 'kms.DisableKey',
      keyArns: [KEY_ARN],
      invocationId: 'invocation-1',
      caller: { accountId: ACCOUNT },
    });
    expect(JSON.parse(trip.invoked[0]?.auditDraft ?? '')).toMatchObject({ eventName: 'DisableKey', requestParameters: { keyId: KEY_ID } });
  });

  test('what its room did not record is recorded here', async () => {
    const trip = aRoad();
    await handleRequest(trip.road, anAsk({ plan: planOf('sts.GetCallerIdentity'), message: sts.GetCallerIdentityRequest.create() }));
    expect(trip.steps).toEqual(['authorize', 'invoke', 'record']);
    expect(trip.records[0]).toMatchObject({ eventSource: 'sts.amazonaws.com', requestParameters: null });
  });
});

describe('a caller who is not who they say', () => {
  const unauthenticated = () => anAuthorization({ accountId: '', error: anErrorDetail('InvalidSignatureException', 'no') });

  test('is refused, and nothing is executed or recorded', async () => {
    const trip = aRoad({ authorize: unauthenticated });
    await expect(handleRequest(trip.road, anAsk())).rejects.toMatchObject({ code: 'InvalidSignatureException', message: 'no' });
    expect(trip.steps).toEqual(['authorize']);
  });

  test('hears nothing of what is wrong with the request', async () => {
    const trip = aRoad({ authorize: unauthenticated });
    const ask = anAsk({ message: undefined, fault: trentError('SerializationException') });
    await expect(handleRequest(trip.road, ask)).rejects.toMatchObject({ code: 'InvalidSignatureException' });
    expect(trip.authorized[0]?.item).toMatchObject({ authenticateOnly: true, keys: [], facts: [] });
  });
});

describe('a request that may not', () => {
  test('is recorded with its error and its key, then refused', async () => {
    const trip = aRoad({
      authorize: () =>
        anAuthorization({ permit: Buffer.alloc(0), error: anErrorDetail('AccessDeniedException', 'User: … is not authorized') }),
    });
    await expect(handleRequest(trip.road, anAsk())).rejects.toMatchObject({ code: 'AccessDeniedException' });
    expect(trip.steps).toEqual(['authorize', 'record']);
    expect(trip.records[0]).toMatchObject({
      errorCode: 'AccessDenied',
      errorMessage: 'User: … is not authorized',
      resources: [{ ARN: KEY_ARN }],
    });
  });

  test('is recorded with the error of the worker', async () => {
    const trip = aRoad({ execute: () => ({ output: Buffer.alloc(0), error: anErrorDetail('InvalidCiphertextException') }) });
    await expect(handleRequest(trip.road, anAsk())).rejects.toMatchObject({ code: 'InvalidCiphertextException', message: '' });
    expect(trip.records[0]).toMatchObject({ errorCode: 'InvalidCiphertextException', responseElements: null });
  });

  test('a defect of a room shows no text of its own', async () => {
    const trip = aRoad({
      execute: () => {
        throw new TypeError('secret detail');
      },
    });
    await expect(handleRequest(trip.road, anAsk())).rejects.toMatchObject({ code: 'KMSInternalException', message: '' });
    expect(JSON.stringify(trip.records)).not.toContain('secret detail');
  });

  test('a failed change has a record with an event id of its own', async () => {
    const trip = aRoad({
      invoke: () => {
        throw trentError('KMSInternalException');
      },
    });
    const ask = anAsk({ plan: planOf('kms.DisableKey'), message: kms.DisableKeyRequest.create({ keyId: KEY_ID }) });
    await expect(handleRequest(trip.road, ask)).rejects.toMatchObject({ code: 'KMSInternalException' });
    const draft = JSON.parse(trip.invoked[0]?.auditDraft ?? '{}') as { eventID?: string };
    expect(trip.records[0]).toMatchObject({ errorCode: 'KMSInternalException' });
    expect(trip.records[0]?.['eventID']).not.toBe(draft.eventID);
  });
});

describe('a request that is wrong in itself', () => {
  test('out of bounds: the caller is authenticated, the refusal recorded without parameters', async () => {
    const trip = aRoad({ authorize: () => anAuthorization({ keys: [], permit: Buffer.alloc(0) }) });
    const ask = anAsk({ message: { ...kms.EncryptRequest.create({ keyId: '' }), encryptionAlgorithm: 'X"' } });
    await expect(handleRequest(trip.road, ask)).rejects.toThrow(/^3 validation errors/);
    expect(trip.authorized[0]?.item.authenticateOnly).toBe(true);
    expect(trip.records[0]).toMatchObject({ errorCode: 'ValidationException', requestParameters: null, resources: [] });
  });

  test('against a rule of its operation: recorded with parameters', async () => {
    const trip = aRoad({ authorize: () => anAuthorization({ keys: [] }) });
    const ask = anAsk({ plan: planOf('kms.GenerateDataKey'), message: kms.GenerateDataKeyRequest.create({ keyId: KEY_ID }) });
    await expect(handleRequest(trip.road, ask)).rejects.toMatchObject({ message: 'Please specify either number of bytes or key spec.' });
    expect(trip.records[0]).toMatchObject({ requestParameters: { keyId: KEY_ID } });
  });

  test('a ciphertext that names no key is told to the authenticated', async () => {
    const trip = aRoad({ authorize: () => anAuthorization({ keys: [] }) });
    const ask = anAsk({ plan: planOf('kms.Decrypt'), message: kms.DecryptRequest.create({ ciphertextBlob: Buffer.from('garbage') }) });
    await expect(handleRequest(trip.road, ask)).rejects.toMatchObject({ code: 'InvalidCiphertextException' });
    expect(trip.steps).toEqual(['authorize', 'record']);
  });

  test('a ciphertext that is none beside a key id is told after authorisation, and not executed', async () => {
    const message = kms.DecryptRequest.create({ keyId: KEY_ID, ciphertextBlob: Buffer.from('garbage') });
    const denied = aRoad({ authorize: () => anAuthorization({ error: anErrorDetail('AccessDeniedException') }) });
    await expect(handleRequest(denied.road, anAsk({ plan: planOf('kms.Decrypt'), message }))).rejects.toMatchObject({
      code: 'AccessDeniedException',
    });
    const allowed = aRoad();
    await expect(handleRequest(allowed.road, anAsk({ plan: planOf('kms.Decrypt'), message }))).rejects.toMatchObject({
      code: 'InvalidCiphertextException',
    });
    expect(allowed.steps).toEqual(['authorize', 'record']);
  });
});

describe('what cannot be decided now', () => {
  const UNDECIDED = {
    code: 'DependencyTimeoutException',
    message: 'The system timed out.',
    retryAfterMs: 1,
    details: new Map<string, string>(),
  };

  test('is decided anew when the permit went stale on its way, and recorded once', async () => {
    let times = 0;
    const trip = aRoad({ execute: () => (times++ < 2 ? { error: UNDECIDED } : {}) });
    await handleRequest(trip.road, anAsk());
    expect(trip.steps).toEqual(['authorize', 'execute', 'authorize', 'execute', 'authorize', 'execute', 'record']);
    expect(trip.records).toMatchObject([{ eventName: 'Encrypt' }]);
    expect(trip.records[0]).not.toHaveProperty('errorCode');
  });

  test('is asked again of policy, and what it says then holds', async () => {
    let times = 0;
    const trip = aRoad({
      authorize: () =>
        anAuthorization({ error: times++ === 0 ? UNDECIDED : anErrorDetail('AccessDeniedException', 'no right'), permit: Buffer.alloc(0) }),
    });
    await expect(handleRequest(trip.road, anAsk())).rejects.toMatchObject({ code: 'AccessDeniedException' });
    expect(trip.steps).toEqual(['authorize', 'authorize', 'record']);
  });

  test('is told when the time is up', async () => {
    const trip = aRoad({ authorize: () => anAuthorization({ error: UNDECIDED, permit: Buffer.alloc(0) }) });
    await expect(handleRequest(trip.road, anAsk({ deadline: performance.now() + 30 }))).rejects.toMatchObject({
      code: 'DependencyTimeoutException',
    });
    expect(trip.authorized.length).toBeGreaterThan(1);
    expect(trip.records).toMatchObject([{ errorCode: 'DependencyTimeoutException' }]);
  });

  test('is asked a handful of times, however long that lasts', async () => {
    const trip = aRoad({ authorize: () => anAuthorization({ error: UNDECIDED, permit: Buffer.alloc(0) }) });
    await expect(handleRequest(trip.road, anAsk({ deadline: performance.now() + 300 }))).rejects.toMatchObject({
      code: 'DependencyTimeoutException',
    });
    expect(trip.authorized.length).toBeLessThanOrEqual(9);
  });

  test('a time-out of the ordinary kind is told at once', async () => {
    const trip = aRoad({ execute: () => ({ error: anErrorDetail('DependencyTimeoutException') }) });
    await expect(handleRequest(trip.road, anAsk())).rejects.toMatchObject({ code: 'DependencyTimeoutException' });
    expect(trip.steps).toEqual(['authorize', 'execute', 'record']);
  });

  test('spends one request of the quota, however often it is asked', async () => {
    let times = 0;
    const trip = aRoad({
      authorize: () => anAuthorization({ quotaPerSecond: 1 }),
      execute: () => (times++ === 0 ? { error: UNDECIDED } : {}),
    });
    await handleRequest(trip.road, anAsk());
    expect(trip.executed).toHaveLength(2);
  });
});

describe('a dry run', () => {
  test('is decided, recorded and not executed', async () => {
    const trip = aRoad();
    const message = kms.EncryptRequest.create({ keyId: KEY_ID, plaintext: Buffer.from('x'), dryRun: true });
    await expect(handleRequest(trip.road, anAsk({ message }))).rejects.toMatchObject({ code: 'DryRunOperationException' });
    expect(trip.authorized[0]?.item.dryRun).toBe(true);
    expect(trip.steps).toEqual(['authorize', 'record']);
    expect(trip.records[0]).toMatchObject({ errorCode: 'DryRunOperationException', requestParameters: { dryRun: true } });
  });

  test('tells a denial as ever', async () => {
    const trip = aRoad({ authorize: () => anAuthorization({ error: anErrorDetail('AccessDeniedException') }) });
    const message = kms.DecryptRequest.create({ ciphertextBlob: aCiphertext(), dryRun: true });
    await expect(handleRequest(trip.road, anAsk({ plan: planOf('kms.Decrypt'), message }))).rejects.toMatchObject({
      code: 'AccessDeniedException',
    });
  });
});

describe('too much', () => {
  test('a full road throttles before anybody is asked', async () => {
    const trip = aRoad({ places: 0 });
    await expect(handleRequest(trip.road, anAsk())).rejects.toMatchObject({ code: 'ThrottlingException' });
    expect(trip.steps).toEqual([]);
  });

  test('a spent quota is recorded, and comes before a denial', async () => {
    const trip = aRoad({ authorize: () => anAuthorization({ quotaPerSecond: 1, error: anErrorDetail('AccessDeniedException') }) });
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => handleRequest(trip.road, anAsk())));
    const codes = outcomes.map((outcome) => (outcome.status === 'rejected' ? (outcome.reason as { code: string }).code : 'answered'));
    expect(codes).toContain('ThrottlingException');
    expect(trip.records.map((record) => record['errorCode'])).toContain('ThrottlingException');
  });

  test('places are given back, whatever happened', async () => {
    const trip = aRoad({ places: 1, authorize: () => anAuthorization({ error: anErrorDetail('AccessDeniedException') }) });
    for (let i = 0; i < 3; i++) await expect(handleRequest(trip.road, anAsk())).rejects.toMatchObject({ code: 'AccessDeniedException' });
  });
});
