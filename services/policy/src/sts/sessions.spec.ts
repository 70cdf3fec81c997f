import { describe, expect, test } from '@jest/globals';
import {
  ACCESS_KEY_ID,
  ACCOUNT,
  aHolder,
  anItem,
  aPolicy,
  aSession,
  aSessions,
  aSignature,
  NOW,
  SESSION_ACCESS_KEY_ID,
} from '../authorize/authorize.fixture.ts';
import { authorizeItem } from '../authorize/authorize.ts';
import type { Session } from './session.ts';

const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/apps/App`;
const role = aHolder({
  arn: ROLE_ARN,
  kind: 'Role',
  uniqueId: 'AROAEXAMPLE',
  name: 'App',
  tags: { team: 'red', tier: 'one' },
  documents: [
    {
      kind: 'identity',
      source: 'p',
      document: JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 'kms:*', Resource: '*' } }),
    },
  ],
});

/** A request signed by a session, and what policy says of it. */
async function askAs(parts: Partial<Session> = {}, signed: Parameters<typeof aSignature>[0] = {}, holder = role) {
  const made = aSession(parts);
  const value = aSignature({
    accessKeyId: SESSION_ACCESS_KEY_ID,
    secret: made.secretAccessKey,
    sessionToken: made.sessionToken,
    ...signed,
  });
  const { deps } = aPolicy(undefined, { holder });
  return authorizeItem(deps, anItem({ caller: { $case: 'sigv4', value } }), performance.now() + 1_000);
}

describe('a session of a role', () => {
  test('acts as the role under a name of its own, as CloudTrail shows it', async () => {
    const result = await askAs({ sourceIdentity: 'alice' });
    expect(result.error).toBeUndefined();
    expect(result).toMatchObject({ accountId: ACCOUNT, principalArn: `arn:aws:sts::${ACCOUNT}:assumed-role/App/s1` });
    expect(JSON.parse(result.identity)).toEqual({
      type: 'AssumedRole',
      principalId: 'AROAEXAMPLE:s1',
      arn: `arn:aws:sts::${ACCOUNT}:assumed-role/App/s1`,
      accountId: ACCOUNT,
      accessKeyId: SESSION_ACCESS_KEY_ID,
      sessionContext: {
        sessionIssuer: { type: 'Role', principalId: 'AROAEXAMPLE', arn: ROLE_ARN, accountId: ACCOUNT, userName: 'App' },
        attributes: { creationDate: '2026-11-24T11:59:00Z', mfaAuthenticated: 'false' },
        sourceIdentity: 'alice',
      },
    });
  });

  test('by its token alone is the same caller', async () => {
    const { deps } = aPolicy(undefined, { holder: role });
    const caller = { $case: 'bearerToken' as const, value: aSession().sessionToken };
    const result = await authorizeItem(deps, anItem({ caller }), performance.now() + 1_000);
    expect(result).toMatchObject({ principalArn: `arn:aws:sts::${ACCOUNT}:assumed-role/App/s1`, accessKeyId: SESSION_ACCESS_KEY_ID });
    expect(result.error).toBeUndefined();
  });

  test('is limited by its session policy', async () => {
    const document = JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*' } });
    const result = await askAs({ policies: [{ source: 'session policy', document }] });
    expect(result.error).toMatchObject({
      code: 'AccessDeniedException',
      message: expect.stringContaining('because no session policy allows'),
    });
  });

  test.each([
    ['that has ended', { expiresAtMs: NOW }, {}, 'ExpiredTokenException'],
    ['of a role that was made again', { holderId: 'AROAOTHER' }, {}, 'UnrecognizedClientException'],
    ['of a role that is no more', { holderArn: `${ROLE_ARN}2` }, {}, 'UnrecognizedClientException'],
    ['with another secret', {}, { secret: 'another' }, 'InvalidSignatureException'],
    ['with another access key', {}, { accessKeyId: 'ASIAEXAMPLEAAAAAAAAB' }, 'UnrecognizedClientException'],
    ['with a long-term access key', {}, { accessKeyId: ACCESS_KEY_ID }, 'UnrecognizedClientException'],
    ['without its token', {}, { sessionToken: '' }, 'UnrecognizedClientException'],
    ['with garbage for a token', {}, { sessionToken: 'garbage' }, 'UnrecognizedClientException'],
  ])('%s is refused and leaves no identity', async (_name, parts, signed, code) => {
    expect(await askAs(parts, signed)).toMatchObject({ accountId: '', identity: '', error: { code } });
  });
});

describe('sessions in view', () => {
  test('end with their time, also while they are held', async () => {
    let now = NOW;
    const { deps } = aPolicy(undefined, { holder: role });
    const { sessions } = aSessions(deps.credentials, () => now);
    const { sessionToken } = aSession();
    await sessions.load(sessionToken, SESSION_ACCESS_KEY_ID, 1e9);
    expect(sessions.held(sessionToken, SESSION_ACCESS_KEY_ID)).toBeDefined();
    now += 3_540_000;
    expect(() => sessions.held(sessionToken, SESSION_ACCESS_KEY_ID)).toThrow(expect.objectContaining({ code: 'ExpiredTokenException' }));
  });

  test('are dropped when their role changes, and then only', async () => {
    const { deps } = aPolicy(undefined, { holder: role });
    const { sessions } = aSessions(deps.credentials);
    const { sessionToken } = aSession();
    await sessions.load(sessionToken, undefined, 1e9);
    const change = (id: string) => ({ kind: 'principal', id, version: 4n, sequence: 1n, barrier: true });
    sessions.forget(change(`${ROLE_ARN}2`));
    expect(sessions.held(sessionToken)).toBeDefined();
    sessions.forget(change(ROLE_ARN));
    expect(sessions.held(sessionToken)).toBeUndefined();
  });
});
