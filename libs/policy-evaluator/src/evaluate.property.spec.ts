import { describe, expect, test } from '@jest/globals';
import { compilePolicy, type CompiledPolicy, type PolicyKind } from '@trent/policy-language';
import fc from 'fast-check';

import { ACCOUNT, KEY, OTHER, aRoot, aService, aSession, aUser } from './builders.fixture.ts';
import type { Decision } from './decision.ts';
import { evaluate } from './evaluate.ts';
import { GrantIndex } from './grant-index.ts';
import { compileGrant, type Grant } from './grants.ts';
import type { AuthorisationRequest, Documents } from './request.ts';

const NUM_RUNS = 1000;
const principals = [aUser(), aUser('eve'), aSession(), aSession('App', 's2'), aRoot(), aUser('bob', OTHER), aRoot(OTHER), aService];
const arns = [...principals.slice(0, 7).map(({ arn }) => arn), aSession().roleArn ?? '', ACCOUNT, OTHER];
const actions = ['kms:Decrypt', 'kms:Encrypt', 'kms:DescribeKey', 'kms:CreateKey'];

const condition = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  fc
    .tuple(
      fc.constantFrom('StringEquals', 'StringNotEquals', 'StringLikeIfExists', 'ForAnyValue:StringLike'),
      fc.constantFrom('kms:k', 'aws:username'),
      fc.constantFrom('a', 'b*', 'bob'),
    )
    .map(([operator, key, value]) => ({ Condition: { [operator]: { [key]: value } } })),
);
const statement = fc.record({
  Effect: fc.constantFrom('Allow', 'Allow', 'Allow', 'Deny'),
  Action: fc.constantFrom('*', 'kms:*', 'kms:De*', ...actions),
  Resource: fc.constantFrom('*', '*', KEY, `${KEY}x`, 'arn:aws:kms:*:*:key/*'),
});
const principal = fc.oneof(
  fc.subarray(arns, { minLength: 1 }).map((AWS) => ({ Principal: { AWS } })),
  fc.constantFrom({ Principal: '*' }, { Principal: { Service: 's3.amazonaws.com' } }, { NotPrincipal: { AWS: [aUser().arn, ACCOUNT] } }),
);
const identityStatement = fc.tuple(statement, condition).map(([base, extra]) => ({ ...base, ...extra }));
const keyStatement = fc.tuple(statement, condition, principal).map(([base, extra, who]) => ({ ...base, ...extra, ...who }));

interface Case {
  key: object[] | undefined;
  identity: object[][];
  boundary: object[] | undefined;
  session: object[][];
  grants: Grant[];
  request: AuthorisationRequest;
}

const statements = fc.array(identityStatement, { minLength: 1, maxLength: 4 });
const request: fc.Arbitrary<AuthorisationRequest> = fc.record({
  principal: fc.constantFrom(...principals),
  action: fc.constantFrom(...actions),
  resource: fc.constantFrom<AuthorisationRequest['resource']>({ arn: KEY, account: ACCOUNT }, { arn: KEY, account: ACCOUNT }, '*'),
  context: fc.constantFrom(new Map(), new Map([['kms:k', ['a']]]), new Map([['kms:k', ['b1', 'c']]])),
  now: fc.constant(0),
});
const grant: fc.Arbitrary<Grant> = fc.record({
  grantId: fc.uuid(),
  grantee: fc.constantFrom(...arns.slice(0, 8)).map((arn) => ({ principal: arn })),
  operations: fc.subarray(['Decrypt', 'Encrypt', 'DescribeKey']),
});
const aCase: fc.Arbitrary<Case> = fc.record({
  key: fc.option(fc.array(keyStatement, { minLength: 1, maxLength: 12 }), { nil: undefined, freq: 8 }),
  identity: fc.array(statements, { maxLength: 3 }),
  boundary: fc.option(statements, { nil: undefined, freq: 2 }),
  session: fc.array(statements, { maxLength: 2 }),
  grants: fc.array(grant, { maxLength: 4 }),
  request,
});

function compiled(kind: PolicyKind, parts: object[]): CompiledPolicy {
  return compilePolicy(JSON.stringify({ Version: '2012-10-17', Statement: parts }), kind);
}

function documentsOf({ key, identity, boundary, session, grants }: Case): Documents {
  return {
    ...(key === undefined ? {} : { keyPolicy: compiled('key', key) }),
    identity: identity.map((parts) => compiled('identity', parts)),
    ...(boundary === undefined ? {} : { boundary: compiled('identity', boundary) }),
    session: session.map((parts) => compiled('session', parts)),
    grants: grants.map(compileGrant),
  };
}

function decide(asked: Case): Decision {
  return evaluate(asked.request, documentsOf(asked));
}

function holds(property: (asked: Case) => void): void {
  fc.assert(fc.property(aCase, property), { numRuns: NUM_RUNS });
}

describe('for any documents and any request', () => {
  test('one more Deny never allows more', () => {
    fc.assert(
      fc.property(aCase, identityStatement, (asked, extra) => {
        const denying = { ...asked, identity: [...asked.identity, [{ ...extra, Effect: 'Deny' }]] };
        if (decide(denying).allowed) expect(decide(asked).allowed).toBe(true);
      }),
      { numRuns: NUM_RUNS },
    );
  });

  test('a Deny of everything always denies', () => {
    const everything = { Effect: 'Deny', Action: '*', Resource: '*' };
    holds((asked) => {
      expect(decide({ ...asked, identity: [...asked.identity, [everything]] }).reason.effect).toBe('explicit-deny');
      if (asked.key === undefined) return;
      const key = [...asked.key, { ...everything, Principal: '*' }];
      expect(decide({ ...asked, key }).reason).toEqual({ effect: 'explicit-deny', in: 'resource' });
    });
  });

  test('one more Allow never allows less', () => {
    fc.assert(
      fc.property(aCase, identityStatement, (asked, extra) => {
        const allowing = { ...asked, identity: [...asked.identity, [{ ...extra, Effect: 'Allow' }]] };
        if (decide(asked).allowed) expect(decide(allowing).allowed).toBe(true);
      }),
      { numRuns: NUM_RUNS },
    );
  });

  test('a boundary and a session policy never allow more', () => {
    holds((asked) => {
      if (decide(asked).allowed) expect(decide({ ...asked, boundary: undefined, session: [] }).allowed).toBe(true);
    });
  });

  test('nothing is allowed where nobody allows', () => {
    holds((asked) => {
      const denials = (parts: object[]) => parts.map((part) => ({ ...part, Effect: 'Deny' }));
      const { key, identity } = asked;
      const silenced = { ...asked, key: key === undefined ? undefined : denials(key), identity: identity.map(denials), grants: [] };
      const isOwnRoot = asked.request.principal.type === 'root' && (asked.request.resource === '*' || key === undefined);
      if (!isOwnRoot) expect(decide(silenced).allowed).toBe(false);
    });
  });

  test('the order of statements and documents does not matter', () => {
    holds((asked) => {
      const turned = {
        ...asked,
        key: asked.key?.toReversed(),
        identity: asked.identity.map((parts) => parts.toReversed()).toReversed(),
        session: asked.session.toReversed(),
      };
      expect(decide(turned).allowed).toBe(decide(asked).allowed);
    });
  });

  test('the index by action and principal finds what asking each statement finds', () => {
    holds((asked) => {
      if (asked.key === undefined) return;
      // Statements about another service make the list long enough to be indexed, and say nothing.
      const padding = Array.from({ length: 10 }, () => ({
        Effect: 'Deny',
        Principal: { AWS: OTHER },
        Action: '*',
        Resource: 'arn:aws:s3:::b',
      }));
      expect(decide({ ...asked, key: [...asked.key, ...padding] }).reason).toEqual(decide(asked).reason);
    });
  });

  test('indexed grants answer as listed ones', () => {
    holds((asked) => {
      const documents = documentsOf(asked);
      const index = new GrantIndex(asked.grants.map(compileGrant));
      expect(evaluate(asked.request, { ...documents, grants: index }).reason).toEqual(evaluate(asked.request, documents).reason);
    });
  });

  test('a denial says why and an allowance names a reason', () => {
    holds((asked) => {
      const decision = decide(asked);
      if (decision.allowed) expect(decision.accessDeniedMessage()).toBe('');
      else
        expect(decision.accessDeniedMessage()).toMatch(
          /^User: .* is not authorized to perform: kms:\w+ on .*(because no|with an explicit deny|because the)/,
        );
      if (decision.reason.effect === 'explicit-deny') expect(decision.matched).not.toHaveLength(0);
    });
  });
});
