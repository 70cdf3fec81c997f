/**
 * The second evaluator: what the user guides say, read line by line, with no thought for speed and no line in common with the product's.
 * Sources: IAM user guide, "Policy evaluation logic", "Permissions boundaries", "Session policies", "Cross-account policy evaluation logic";
 * AWS KMS developer guide, "Key policies", "Grants".
 */
import { conditionsHold } from './conditions.ts';
import { closeness, isAction, isMeantByNot, isResource, readText, type Closeness, type Lookup } from './matching.ts';
import { listOf, type Document, type PlainGrant, type Question, type Statement, type Verdict } from './question.ts';

/** Decides a question. */
export function decideNaively(question: Question): Verdict {
  const { keyPolicy, identity, boundary, session, principal, resource } = question;
  const everything = [keyPolicy ?? [], identity, boundary ?? [], session].flat();
  // 1. An explicit deny in any document ends it.
  if (everything.some((document) => denies(document, question, document === keyPolicy))) return 'explicit deny';

  // 2. What each side allows.
  const isRoot = principal.type === 'root';
  const byIdentity = isRoot || identity.some((document) => allows(document, question));
  const byBoundary = boundary === undefined || allows(boundary, question);
  const bySession = session.length === 0 || session.some((document) => allows(document, question));
  const byLimits = byBoundary && bySession;

  // 3. Operations without a resource policy: identity-based policies within their limits, in the own account.
  const isOwn = resource === '*' || resource.account === principal.account;
  if (resource === '*' || keyPolicy === undefined) {
    if (isOwn && byIdentity && byLimits) return 'allow';
    return byGrants(question, byIdentity, byLimits) ? 'allow' : 'implicit deny';
  }

  // 4. The key policy.
  const means = closestAllow(keyPolicy, question);
  const hasNoIdentityPolicies = principal.type === 'service' || principal.type === 'anonymous';
  if (means !== 'nobody' && hasNoIdentityPolicies) return 'allow';
  if (means !== 'nobody' && !isOwn && byIdentity && byLimits) return 'allow';
  if (isOwn && means === 'self') return 'allow';
  if (isOwn && (means === 'role' || means === 'everyone') && byLimits) return 'allow';
  if (isOwn && means === 'account' && byIdentity && byLimits) return 'allow';

  // 5. Grants.
  return byGrants(question, byIdentity, byLimits) ? 'allow' : 'implicit deny';
}

function statementsOf(document: string): { readonly version: string | undefined; readonly statements: readonly Statement[] } {
  const { Version, Statement: statements } = JSON.parse(document) as Document;
  return { version: Version, statements: Array.isArray(statements) ? (statements as Statement[]) : [statements as Statement] };
}

function denies(document: string, question: Question, isKeyPolicy: boolean): boolean {
  const { version, statements } = statementsOf(document);
  return statements.some(
    (statement) =>
      statement.Effect === 'Deny' &&
      meaning(statement, question, isKeyPolicy) !== 'nobody' &&
      applies(statement, version, question, isKeyPolicy),
  );
}

function allows(document: string, question: Question): boolean {
  const { version, statements } = statementsOf(document);
  return statements.some((statement) => statement.Effect === 'Allow' && applies(statement, version, question, false));
}

/** By which name the key policy allows the principal, the closest one. */
function closestAllow(keyPolicy: string, question: Question): Closeness {
  const { version, statements } = statementsOf(keyPolicy);
  const found = statements
    .filter((statement) => statement.Effect === 'Allow' && applies(statement, version, question, true))
    .map((statement) => meaning(statement, question, true));
  const order: readonly Closeness[] = ['self', 'role', 'everyone', 'account'];
  return order.find((one) => found.includes(one)) ?? 'nobody';
}

function meaning(statement: Statement, { principal }: Question, isKeyPolicy: boolean): Closeness {
  if (!isKeyPolicy) return 'everyone';
  if (statement.Principal !== undefined) return closeness(statement.Principal, principal);
  return isMeantByNot(statement.NotPrincipal ?? '*', principal, statement.Effect) ? 'everyone' : 'nobody';
}

/** Action, Resource and Condition of a statement fit the question. */
function applies(statement: Statement, version: string | undefined, question: Question, isKeyPolicy: boolean): boolean {
  const lookup: Lookup = (key) => contextValue(question, key.toLowerCase(), isKeyPolicy);
  const { action, resource } = question;
  if (statement.NotAction !== undefined) {
    if (listOf(statement.NotAction).some((pattern) => isAction(pattern, action))) return false;
  } else if (!listOf(statement.Action).some((pattern) => isAction(pattern, action))) return false;

  const name = resource === '*' ? '*' : resource.arn;
  const isNot = statement.NotResource !== undefined;
  const patterns = listOf(statement.NotResource ?? statement.Resource).map((pattern) => readText(pattern, version, lookup));
  const isListed = patterns.some((characters) => characters !== undefined && isResource(characters, name));
  if (isNot ? isListed || patterns.includes(undefined) : !isListed) return false;
  return conditionsHold(statement.Condition, version, lookup);
}

/** Values of a key: first what follows from who asks, for what, and when; then what the request says of itself. */
function contextValue(question: Question, key: string, isKeyPolicy: boolean): readonly string[] | undefined {
  const { principal, resource, now } = question;
  if (isKeyPolicy && (key.startsWith('aws:resourcetag/') || key === 'kms:resourcealiases')) return undefined;
  if (key.startsWith('aws:principaltag/')) {
    const tag = Object.keys(principal.tags ?? {}).find((name) => `aws:principaltag/${name.toLowerCase()}` === key);
    return tag === undefined ? undefined : [principal.tags?.[tag] ?? ''];
  }
  const derived: Record<string, string | undefined> = {
    'aws:principalarn': principal.roleArn ?? principal.arn,
    'aws:principalaccount': principal.account,
    'kms:calleraccount': principal.account,
    'aws:principaltype': {
      root: 'Account',
      user: 'User',
      'role-session': 'AssumedRole',
      'federated-user': 'FederatedUser',
      service: undefined,
      anonymous: 'Anonymous',
    }[principal.type],
    'aws:principalisawsservice': String(principal.type === 'service'),
    'aws:principalservicename': principal.type === 'service' ? principal.arn : undefined,
    'aws:userid': principal.uniqueId ?? (principal.type === 'root' ? principal.account : undefined),
    'aws:username': principal.type === 'user' ? principal.arn.split('/').at(-1) : undefined,
    'aws:resourceaccount': resource === '*' ? undefined : resource.account,
    'aws:currenttime': new Date(now).toISOString(),
    'aws:epochtime': String(Math.floor(now / 1000)),
  };
  if (key in derived) return derived[key] === undefined || derived[key] === '' ? undefined : [derived[key]];
  const name = Object.keys(question.context).find((one) => one.toLowerCase() === key);
  return name === undefined ? undefined : question.context[name];
}

/** "Grants": to this principal, to its role within the role's limits, or to its account, which gives it on by identity policies. */
function byGrants(question: Question, byIdentity: boolean, byLimits: boolean): boolean {
  const { principal, resource, action } = question;
  if (resource === '*' || !action.startsWith('kms:')) return false;
  return question.grants.some((grant) => {
    if (!confers(grant, question)) return false;
    const { grantee } = grant;
    if ('service' in grantee) return principal.type === 'service' && grantee.service === principal.arn;
    if (principal.type === 'service' || principal.type === 'anonymous') return false;
    if (principal.type !== 'root' && grantee.principal === principal.arn) return true;
    if (grantee.principal === principal.roleArn) return byLimits;
    return grantee.principal === `arn:aws:iam::${principal.account}:root` && byIdentity && byLimits;
  });
}

/** "A grant can't allow" these, whatever it lists; so they are nothing that a child could have of it either. */
const NEVER = ['ListGrants', 'ListRetirableGrants', 'RevokeGrant'];

function confers(given: PlainGrant, question: Question): boolean {
  const grant = { ...given, operations: given.operations.filter((one) => !NEVER.includes(one)) };
  const operation = question.action.slice('kms:'.length);
  if (!grant.operations.includes(operation)) return false;
  const { encryptionContextEquals: equals, encryptionContextSubset: subset, sourceArn } = grant.constraints ?? {};
  if (operation === 'RetireGrant') return true;
  if (operation === 'CreateGrant') return isNarrower(question.childGrant, grant);
  if (sourceArn !== undefined && !(contextValue(question, 'aws:sourcearn', false) ?? []).includes(sourceArn)) return false;
  if (operation === 'DescribeKey') return true;
  const has = ([key, value]: [string, string]): boolean =>
    (contextValue(question, `kms:encryptioncontext:${key.toLowerCase()}`, false) ?? []).includes(value);
  if (equals !== undefined) {
    const keys = contextValue(question, 'kms:encryptioncontextkeys', false) ?? [];
    return keys.length === Object.keys(equals).length && Object.entries(equals).every(has);
  }
  return Object.entries(subset ?? {}).every(has);
}

/** "A grant that allows CreateGrant": the child's operations are among the parent's, its constraint is at least as strict. */
function isNarrower(child: Question['childGrant'], parent: PlainGrant): boolean {
  if (child === undefined || child.operations.some((operation) => !parent.operations.includes(operation))) return false;
  const lower = (pairs: Readonly<Record<string, string>>) => Object.entries(pairs).map(([key, value]) => `${key.toLowerCase()}=${value}`);
  const { encryptionContextEquals: equals, encryptionContextSubset: subset, sourceArn } = parent.constraints ?? {};
  const own = child.constraints ?? {};
  if (sourceArn !== undefined && own.sourceArn !== sourceArn) return false;
  if (equals !== undefined) {
    return own.encryptionContextEquals !== undefined && lower(own.encryptionContextEquals).sort().join() === lower(equals).sort().join();
  }
  const pairs = lower(own.encryptionContextEquals ?? own.encryptionContextSubset ?? {});
  return lower(subset ?? {}).every((pair) => pairs.includes(pair));
}
