import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { anotherAccount, testCluster } from '../fixtures/cluster.ts';
import { aGrant, rootOf } from '../fixtures/grants.ts';
import { aKey } from '../fixtures/keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

const caller = new Caller();
let other: Caller;
beforeAll(async () => {
  other = new Caller({ account: await anotherAccount(testCluster()) });
});
afterAll(() => {
  caller[Symbol.dispose]();
  other[Symbol.dispose]();
});

describe('ListRetirableGrants', () => {
  test("lists what a principal of the caller's account may retire, on whosever keys, page by page", async () => {
    const made: string[] = [];
    for (const owner of [caller, caller, other]) {
      const key = await aKey(owner);
      await aGrant(owner, key, caller);
      made.push((await aGrant(owner, key, caller, { RetiringPrincipal: rootOf(other) })).id);
    }
    const seen: string[] = [];
    let Marker: unknown;
    do {
      const input = { RetiringPrincipal: rootOf(other), Limit: 2, ...(Marker === undefined ? {} : { Marker }) };
      const answer = await other.ok('ListRetirableGrants', input);
      seen.push(...(answer.body['Grants'] as { GrantId: string }[]).map(({ GrantId }) => GrantId));
      Marker = answer.body['NextMarker'];
      await expectRecord(other, 'ListRetirableGrants', answer, {
        readOnly: true,
        resources: [],
        requestParameters: { retiringPrincipal: rootOf(other), limit: 2 },
        responseElements: null,
      });
    } while (Marker !== undefined);
    expect(seen.toSorted()).toEqual(made.toSorted());
  });

  testRefusals('ListRetirableGrants', true, () => caller, [
    {
      name: 'a principal of another account is nobody of whom the caller may ask',
      input: () => ({ RetiringPrincipal: rootOf(other) }),
      error: 'AccessDeniedException',
      message: () => `User: ${rootOf(caller)} is not authorized to perform: kms:ListRetirableGrants on this retiring principal.`,
    },
    {
      name: 'a service is asked for by itself alone',
      input: () => ({ RetiringServicePrincipal: 's3.amazonaws.com' }),
      error: 'AccessDeniedException',
      message: () => `User: ${rootOf(caller)} is not authorized to perform: kms:ListRetirableGrants on this retiring principal.`,
    },
    {
      name: 'nobody is invalid',
      input: () => ({}),
      error: 'ValidationException',
      message: 'You must specify RetiringPrincipal or RetiringServicePrincipal.',
    },
    {
      name: 'what can not be a principal is invalid',
      input: () => ({ RetiringPrincipal: 'bob' }),
      error: 'InvalidArnException',
      message: 'ARN does not refer to a valid principal: bob',
    },
    {
      name: 'a marker of another list is invalid',
      input: () => ({ RetiringPrincipal: rootOf(caller), Marker: 'AAAA' }),
      error: 'InvalidMarkerException',
    },
  ]);
});
