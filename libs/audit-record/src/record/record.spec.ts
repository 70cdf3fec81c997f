import { describe, expect, test } from '@jest/globals';
import { kms, operations } from '@trent/contracts';
import { trentError } from '@trent/errors';
import { finishRecord, responseElementsOf, type RecordOutcome } from './finish-record.ts';
import { KEY_ARN, operationNamed, someFacts } from './record.fixture.ts';
import { redactionOf } from './redact.ts';
import { serviceEventRecord } from './service-event.ts';
import { startRecord, tlsDetailsJson, type RecordFacts } from './start-record.ts';

function recordOf(facts: Partial<RecordFacts>, outcome: RecordOutcome = {}): Record<string, unknown> {
  const text = finishRecord(startRecord(someFacts(facts)), outcome);
  expect(text).not.toContain('\n');
  return JSON.parse(text) as Record<string, unknown>;
}

describe('a record of a cryptographic operation', () => {
  test('is the example of the reference, member by member and in its order', () => {
    const draft = startRecord(
      someFacts({
        operation: operationNamed('kms.GenerateDataKey'),
        request: kms.GenerateDataKeyRequest.create({
          keyId: 'alias/app',
          keySpec: kms.DataKeySpec.DATA_KEY_SPEC_AES_256,
          encryptionContext: new Map([['tenant', 'blue']]),
        }),
        tlsDetails: tlsDetailsJson({
          tlsVersion: 'TLSv1.3',
          cipherSuite: 'TLS_AES_128_GCM_SHA256',
          clientProvidedHostHeader: 'kms.eu-west-1.example.test',
          keyExchange: 'X25519MLKEM768',
        }),
      }),
    );
    expect(finishRecord(draft, { resources: [KEY_ARN], additionalEventData: { keyMaterialId: 'ab'.repeat(32) } })).toBe(
      `{"eventVersion":"1.11","userIdentity":{"type":"Root","principalId":"111122223333","arn":"arn:aws:iam::111122223333:root","accountId":"111122223333"},` +
        `"eventTime":"2026-05-04T09:10:11Z","eventSource":"kms.amazonaws.com","eventName":"GenerateDataKey","awsRegion":"eu-west-1",` +
        `"sourceIPAddress":"192.0.2.10","userAgent":"aws-cli/2.30",` +
        `"requestParameters":{"keyId":"alias/app","encryptionContext":{"tenant":"blue"},"keySpec":"AES_256"},"responseElements":null,` +
        `"additionalEventData":{"keyMaterialId":"${'ab'.repeat(32)}"},"requestID":"5c9d1e1a-0000-4000-8000-000000000001",` +
        `"eventID":"7b1f0c2e-0000-4000-8000-000000000002","readOnly":true,"resources":[{"accountId":"111122223333","type":"AWS::KMS::Key","ARN":"${KEY_ARN}"}],` +
        `"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management",` +
        `"tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"kms.eu-west-1.example.test","keyExchange":"X25519MLKEM768"}}`,
    );
  });

  test('has no plaintext, ciphertext or grant tokens, and null parameters when nothing else was sent', () => {
    const request = kms.DecryptRequest.create({ ciphertextBlob: Buffer.from('c'), grantTokens: ['token'] });
    expect(recordOf({ operation: operationNamed('kms.Decrypt'), request })['requestParameters']).toBeNull();
    expect(recordOf({ request: undefined })['requestParameters']).toBeNull();
  });

  test('keeps an encryption context whose keys are hostile', () => {
    const request = kms.EncryptRequest.create({ keyId: 'k', encryptionContext: new Map([['__proto__', 'a'], ['10', '"\n'], ['2', '\u2028']]) }); // prettier-ignore
    const { encryptionContext } = recordOf({ request })['requestParameters'] as { encryptionContext: object };
    expect(Object.entries(encryptionContext)).toEqual([['2', '\u2028'], ['10', '"\n'], ['__proto__', 'a']]); // prettier-ignore
  });

  test('names no resource when it has no key', () => {
    const record = recordOf({ operation: operationNamed('kms.GenerateRandom') });
    expect(record['resources']).toEqual([]);
    expect(Object.keys(record)).not.toContain('additionalEventData');
  });
});

describe('a record of a change', () => {
  test('shows what AWS shows of the answer, dates and account spelled its way', () => {
    const createKey = operationNamed('kms.CreateKey');
    const response = kms.CreateKeyResponse.create({
      keyMetadata: {
        awsAccountId: '111122223333',
        creationDate: new Date(Date.UTC(2022, 7, 10, 22, 38, 27)),
        enabled: true,
        keyState: kms.KeyState.KEY_STATE_ENABLED,
        encryptionAlgorithms: [kms.EncryptionAlgorithm.ENCRYPTION_ALGORITHM_SYMMETRIC_DEFAULT],
      },
    });
    const record = recordOf(
      {
        operation: createKey,
        request: kms.CreateKeyRequest.create({ tags: [{ tagKey: 'team', tagValue: '' }], multiRegion: false }),
      },
      { responseElements: responseElementsOf(createKey, response, KEY_ARN), resources: [KEY_ARN] },
    );
    expect(record['requestParameters']).toEqual({ tags: [{ tagKey: 'team', tagValue: '' }], multiRegion: false });
    expect(record['responseElements']).toEqual({
      keyMetadata: {
        aWSAccountId: '111122223333',
        creationDate: 'Aug 10, 2022, 10:38:27 PM',
        enabled: true,
        keyState: 'Enabled',
        encryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
      },
    });
    expect(record['readOnly']).toBe(false);
  });

  test('that answers no members shows the key ARN', () => {
    const operation = operationNamed('kms.DisableKey');
    expect(responseElementsOf(operation, kms.DisableKeyResponse.create(), KEY_ARN)).toBe(`{"keyId":"${KEY_ARN}"}`);
    expect(responseElementsOf(operation, kms.DisableKeyResponse.create())).toBeUndefined();
  });

  test('of a grant shows grant and key', () => {
    const operation = operationNamed('kms.CreateGrant');
    const response = kms.CreateGrantResponse.create({ grantId: 'ab', grantToken: 'secret' });
    expect(responseElementsOf(operation, response, KEY_ARN)).toBe(`{"grantId":"ab","keyId":"${KEY_ARN}"}`);
  });

  test('lists an alias as a further resource', () => {
    const alias = 'arn:aws:kms:eu-west-1:111122223333:alias/a:b';
    expect(recordOf({}, { resources: [KEY_ARN, alias] })['resources']).toEqual([
      { accountId: '111122223333', type: 'AWS::KMS::Key', ARN: KEY_ARN },
      { accountId: '111122223333', type: 'AWS::KMS::Key', ARN: alias },
    ]);
  });
});

describe('a record of a failure', () => {
  test('has the error after the user agent and no response elements', () => {
    const record = recordOf({}, { error: trentError('DisabledException', `${KEY_ARN} is disabled.`), responseElements: '{"a":1}' });
    expect(Object.keys(record).slice(7, 12)).toEqual(['userAgent', 'errorCode', 'errorMessage', 'requestParameters', 'responseElements']);
    expect(record).toMatchObject({ errorCode: 'DisabledException', errorMessage: `${KEY_ARN} is disabled.`, responseElements: null });
  });

  test.each([
    ['AccessDeniedException', 'AccessDenied'],
    ['ExpiredIdentityToken', 'ExpiredTokenException'],
    ['InvalidCiphertextException', 'InvalidCiphertextException'],
  ] as const)('%s is recorded as %s, without a text when it has none', (code, errorCode) => {
    const record = recordOf({}, { error: trentError(code) });
    expect(record['errorCode']).toBe(errorCode);
    expect(Object.keys(record)).not.toContain('errorMessage');
  });
});

describe('a record is bounded', () => {
  test('parameters above 100 KB are left out, texts above 1 KB are cut', () => {
    const record = recordOf(
      { request: kms.EncryptRequest.create({ keyId: 'k'.repeat(100_001) }), userAgent: 'u'.repeat(5000) },
      { error: { code: 'ValidationException', message: 'm'.repeat(5000) } },
    );
    expect(record).toMatchObject({ requestParameters: null, userAgent: 'u'.repeat(1000), errorMessage: 'm'.repeat(1000) });
  });
});

describe('a draft', () => {
  test('is a JSON object by itself, so that it can be looked at', () => {
    expect(JSON.parse(startRecord(someFacts()))).toMatchObject({ eventName: 'Encrypt', requestParameters: null });
  });

  test('with an identity over several lines still has its seams where they belong', () => {
    expect(recordOf({ identity: '{\n"type":\n"Root"\n}' })['userIdentity']).toEqual({ type: 'Root' });
  });

  test('without an identity is still one', () => {
    expect(recordOf({ identity: '' })['userIdentity']).toBeNull();
  });

  test('that was not made by startRecord is refused', () => {
    expect(() => finishRecord('{}', {})).toThrow('not an audit draft');
  });
});

test('a service event has the shape of the reference', () => {
  const record: unknown = JSON.parse(
    serviceEventRecord({
      eventName: 'DeleteKey',
      accountId: '111122223333',
      region: 'eu-west-1',
      eventId: '7b1f0c2e-0000-4000-8000-000000000005',
      timeMs: Date.UTC(2026, 5, 1, 0, 0, 5),
      resources: [KEY_ARN],
      details: { keyId: '1b2c3d4e-0000-4000-8000-00000000000a' },
    }),
  );
  expect(record).toEqual({
    eventVersion: '1.11',
    userIdentity: { accountId: '111122223333', invokedBy: 'AWS Internal' },
    eventTime: '2026-06-01T00:00:05Z',
    eventSource: 'kms.amazonaws.com',
    eventName: 'DeleteKey',
    awsRegion: 'eu-west-1',
    sourceIPAddress: 'AWS Internal',
    userAgent: 'AWS Internal',
    requestParameters: null,
    responseElements: null,
    eventID: '7b1f0c2e-0000-4000-8000-000000000005',
    readOnly: false,
    resources: [{ accountId: '111122223333', type: 'AWS::KMS::Key', ARN: KEY_ARN }],
    eventType: 'AwsServiceEvent',
    managementEvent: true,
    recipientAccountId: '111122223333',
    serviceEventDetails: { keyId: '1b2c3d4e-0000-4000-8000-00000000000a' },
    eventCategory: 'Management',
  });
});

test.each([...operations.values()].map((operation) => [operation.name, operation] as const))(
  '%s: the contract shows nothing that a record cannot hold',
  (_name, operation) => {
    expect(redactionOf(operation.request)({})).toBe('');
    expect(redactionOf(operation.response)({})).toBe('');
  },
);
