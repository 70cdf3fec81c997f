import { expect, test } from '@jest/globals';
import { kms } from '@trent/contracts';
import { draftElsewhere } from './draft-elsewhere.ts';
import { finishRecord } from './finish-record.ts';
import { operationNamed, someFacts } from './record.fixture.ts';
import { startRecord } from './start-record.ts';

const request = kms.ReplicateKeyRequest.create({ keyId: 'mrk-1', replicaRegion: 'ap-south-1' });
const draft = startRecord(someFacts({ operation: operationNamed('kms.ReplicateKey'), request }));
const whole = (text: string) => JSON.parse(finishRecord(text, {})) as Record<string, unknown>;
const eventId = '7b1f0c2e-0000-4000-8000-00000000000f';

test('a second record of one request differs in operation, Region, event id and parameters alone', () => {
  const elsewhere = draftElsewhere(draft, {
    operation: operationNamed('kms.CreateKey'),
    request: kms.CreateKeyRequest.create({ multiRegion: true }),
    region: 'ap-south-1',
    eventId,
  });
  const expected = { eventName: 'CreateKey', awsRegion: 'ap-south-1', eventID: eventId, requestParameters: { multiRegion: true } };
  expect(whole(elsewhere)).toEqual({ ...whole(draft), ...expected });
  expect(Object.keys(whole(elsewhere))).toEqual(Object.keys(whole(draft)));
});

test('without a request of its own it keeps the parameters', () => {
  const operation = operationNamed('kms.ReplicateKey');
  const elsewhere = draftElsewhere(draft, { operation, request: undefined, region: 'ap-south-1', eventId });
  expect(whole(elsewhere)).toEqual({ ...whole(draft), awsRegion: 'ap-south-1', eventID: eventId });
});

test('what is no draft is a defect', () => {
  const facts = { operation: operationNamed('kms.CreateKey'), request: undefined, region: 'ap-south-1', eventId };
  expect(() => draftElsewhere('{}', facts)).toThrow('not an audit draft');
});
