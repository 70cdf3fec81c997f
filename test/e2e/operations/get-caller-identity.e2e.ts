import { afterAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { recordOf } from '../fixtures/records.ts';

const caller = new Caller();
afterAll(() => caller[Symbol.dispose]());

describe('GetCallerIdentity', () => {
  test('says who calls, as XML, and is recorded', async () => {
    const answer = await caller.sts('Action=GetCallerIdentity&Version=2011-06-15');
    const { accountId } = caller.account;
    const requestId = String(answer.headers['x-amzn-requestid']);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('text/xml');
    expect(answer.text).toBe(
      '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>' +
        `<UserId>${accountId}</UserId><Account>${accountId}</Account><Arn>arn:aws:iam::${accountId}:root</Arn></GetCallerIdentityResult>` +
        `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></GetCallerIdentityResponse>`,
    );
    expect(await recordOf(caller, 'GetCallerIdentity', { requestId })).toMatchObject({
      eventSource: 'sts.amazonaws.com',
      readOnly: true,
      requestParameters: null,
      responseElements: null,
      userIdentity: { type: 'Root', accountId },
    });
  });

  test('an unknown action is answered as STS answers it', async () => {
    const answer = await caller.sts('Action=GetNothing&Version=2011-06-15');
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('<Type>Sender</Type><Code>InvalidAction</Code>');
  });

  test("a wrong signature is answered in STS's words", async () => {
    const account = { ...caller.account, secretAccessKey: 'not-the-secret' };
    using impostor = new Caller({ account });
    const answer = await impostor.sts('Action=GetCallerIdentity&Version=2011-06-15');
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('<Code>SignatureDoesNotMatch</Code>');
  });
});
