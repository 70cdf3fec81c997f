import { compilePolicy, foldCase, type CompiledPolicy, type PolicyKind } from '@trent/policy-language';

import { evaluate } from './evaluate.ts';
import type { Decision } from './decision.ts';
import { compileGrant, type Grant } from './grants.ts';
import type { AuthorisationRequest, Documents, Principal } from './request.ts';

export const ACCOUNT = '111122223333';
export const OTHER = '444455556666';
export const KEY = `arn:aws:kms:us-east-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;

/** A user of the key's account. */
export function aUser(name = 'bob', account = ACCOUNT): Principal {
  return { arn: `arn:aws:iam::${account}:user/${name}`, account, type: 'user', uniqueId: 'AIDACKCEVSQ6C2EXAMPLE' };
}

/** A session of a role with a path. */
export function aSession(role = 'App', session = 's1', account = ACCOUNT): Principal {
  return {
    arn: `arn:aws:sts::${account}:assumed-role/${role}/${session}`,
    account,
    type: 'role-session',
    roleArn: `arn:aws:iam::${account}:role/apps/${role}`,
    uniqueId: `AROACKCEVSQ6C2EXAMPLE:${session}`,
  };
}

/** The root user of an account. */
export function aRoot(account = ACCOUNT): Principal {
  return { arn: `arn:aws:iam::${account}:root`, account, type: 'root' };
}

export const aService: Principal = { arn: 's3.amazonaws.com', account: '', type: 'service' };

/** A statement that allows everything, changed as said. */
export function allow(change: object = {}): object {
  return { Effect: 'Allow', Action: 'kms:*', Resource: '*', ...change };
}

/** A statement that denies everything, changed as said. */
export function deny(change: object = {}): object {
  return allow({ Effect: 'Deny', ...change });
}

/** A compiled document of these statements. */
export function policy(kind: PolicyKind, ...statements: object[]): CompiledPolicy {
  return compilePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }), kind);
}

export const delegating = policy('key', { ...allow({ Sid: 'Enable IAM User Permissions' }), Principal: { AWS: aRoot().arn } });
export const allowing = policy('identity', allow());
export const silent = policy('identity', allow({ Action: 's3:*' }));

export interface Question extends Partial<Omit<Documents, 'grants'>> {
  principal: Principal;
  action?: string;
  resource?: AuthorisationRequest['resource'];
  context?: Record<string, readonly string[]>;
  childGrant?: AuthorisationRequest['childGrant'];
  grants?: Grant[];
}

/** Evaluates; what isn't said is absent, the action is kms:Decrypt on the key. */
export function ask(question: Question): Decision {
  const { principal, action = 'kms:Decrypt', resource = { arn: KEY, account: ACCOUNT }, context = {}, grants = [], childGrant } = question;
  const { keyPolicy, identity = [], boundary, session } = question;
  const request: AuthorisationRequest = {
    principal,
    action,
    resource,
    context: new Map(Object.entries(context).map(([key, values]) => [foldCase(key), values])),
    now: Date.UTC(2026, 0, 2, 3, 4, 5),
    ...(childGrant === undefined ? {} : { childGrant }),
  };
  return evaluate(request, {
    ...(keyPolicy === undefined ? {} : { keyPolicy }),
    identity,
    ...(boundary === undefined ? {} : { boundary }),
    ...(session === undefined ? {} : { session }),
    grants: grants.map(compileGrant),
  });
}

/** The reason in a word: `allow key-policy`, `explicit-deny identity`, `implicit-deny resource`. */
export function why(question: Question): string {
  const { reason } = ask(question);
  switch (reason.effect) {
    case 'allow':
      return `allow ${reason.by}`;
    case 'explicit-deny':
      return `explicit-deny ${reason.in}`;
    case 'implicit-deny':
      return `implicit-deny ${reason.missing}`;
  }
}
