import { compilePolicy } from '@trent/policy-language';
import { compileGrant, evaluate, foldCase, GrantIndex } from '@trent/policy-evaluator';
import type { Question, Verdict } from './question.ts';

/** The product's verdict on the same question. */
export function decideByProduct(question: Question): Verdict {
  const { keyPolicy, identity, boundary, session, grants, childGrant, context, principal, action, resource, now } = question;
  const decision = evaluate(
    {
      principal,
      action,
      resource,
      now,
      context: new Map(Object.entries(context).map(([key, values]) => [foldCase(key), values])),
      ...(childGrant === undefined ? {} : { childGrant }),
    },
    {
      ...(keyPolicy === undefined ? {} : { keyPolicy: compilePolicy(keyPolicy, 'key') }),
      identity: identity.map((text) => compilePolicy(text, 'identity')),
      ...(boundary === undefined ? {} : { boundary: compilePolicy(boundary, 'identity') }),
      session: session.map((text) => compilePolicy(text, 'session')),
      grants: new GrantIndex(grants.map(compileGrant)),
    },
  );
  switch (decision.reason.effect) {
    case 'allow':
      return 'allow';
    case 'explicit-deny':
      return 'explicit deny';
    case 'implicit-deny':
      return 'implicit deny';
  }
}
