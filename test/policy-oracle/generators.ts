/** Random questions over one small alphabet, so that names, patterns and values meet. */
import fc from 'fast-check';
import type { Asker, PlainGrant, Question, Statement } from './question.ts';

const ACCOUNT = '111122223333';
const OTHER = '444455556666';
const KEY = `arn:aws:kms:us-east-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const ALIAS = `arn:aws:kms:us-east-1:${ACCOUNT}:alias/app`;
const SOURCE = `arn:aws:s3:::bucket/alice`;
const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

const user = (name: string, account = ACCOUNT): Asker => ({
  arn: `arn:aws:iam::${account}:user/team/${name}`,
  account,
  type: 'user',
  uniqueId: `AIDACKCEVSQ6C2${name.toUpperCase()}`,
  tags: { Env: 'x', team: name },
});
const session = (name: string, account = ACCOUNT): Asker => ({
  arn: `arn:aws:sts::${account}:assumed-role/App/${name}`,
  account,
  type: 'role-session',
  roleArn: `arn:aws:iam::${account}:role/apps/App`,
  uniqueId: `AROACKCEVSQ6C2EXAMPLE:${name}`,
  tags: { env: 'y' },
});
const root = (account = ACCOUNT): Asker => ({ arn: `arn:aws:iam::${account}:root`, account, type: 'root' });
const SERVICE = 's3.amazonaws.com';

const askers: readonly Asker[] = [
  user('alice'),
  user('alice'),
  user('bob'),
  session('s1'),
  session('s1'),
  session('s2'),
  root(),
  { arn: `arn:aws:sts::${ACCOUNT}:federated-user/fred`, account: ACCOUNT, type: 'federated-user' },
  user('alice', OTHER),
  session('s1', OTHER),
  root(OTHER),
  { arn: SERVICE, account: '', type: 'service' },
  { arn: 'anonymous', account: '', type: 'anonymous' },
];
const named = askers.filter(({ type }) => type !== 'service' && type !== 'anonymous');
const arns = [...new Set([...named.map(({ arn }) => arn), ...named.flatMap(({ roleArn }) => roleArn ?? [])])];
const awsNames = [...arns, ACCOUNT, OTHER, 'AIDACKCEVSQ6C2ALICE', 'AROACKCEVSQ6C2EXAMPLE'];

const onKeys = ['kms:Decrypt', 'kms:Encrypt', 'kms:DescribeKey', 'kms:CreateGrant', 'kms:ListGrants'];
const actionPatterns = ['kms:*', '*', 'KMS:de*', 'kms:?ecrypt', 'kms:*crypt', 'kms:*e*r*t', 's3:*', 'kms:CreateKey', ...onKeys];
const resourcePatterns = [
  '*', '*', KEY, KEY.replace('1234abcd', '*'), 'arn:aws:kms:*:*:key/*', 'arn:aws:kms', `arn:aws:kms:us-east-?:${ACCOUNT}:*`, 'arn:*:alias/*',
  `arn:aws:kms:us-east-1:\${aws:PrincipalAccount}:key/*`, 'arn:aws:kms:*:*:alias/${aws:PrincipalTag/app, \'app\'}', 'arn:aws:kms:*:*:key/${aws:PrincipalTag/missing}',
  'arn:aws:*:key/1234abcd-*-1234567890ab', 'arn:aws:kms:us-*-1*:key/*', `${KEY}?`,
]; // prettier-ignore

const element = <T>(values: readonly T[]) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...values) },
    { weight: 1, arbitrary: fc.array(fc.constantFrom(...values), { minLength: 1, maxLength: 3 }) },
  );

/** What may be asked of each condition key. */
const STRINGS = ['StringEquals', 'StringNotEquals', 'StringLike', 'StringNotLike', 'StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase'];
const NUMBERS = ['Equals', 'NotEquals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals'];
const texts = [
  'x',
  'X',
  'y',
  'alice',
  '*',
  '?',
  'a*e',
  '${aws:username}',
  "${aws:PrincipalTag/app, 'x'}",
  '${aws:PrincipalTag/Team}',
  '${*}',
  '${$}x',
  '${aws:TagKeys}',
];
const dates = ['2026-01-02T03:04:05Z', '2026-01-02', '1767323045', '2025-12-31T23:59:59Z', 'soon', '2026-01-02T04:04:05+01:00'];
const times = dates.filter((date) => date !== 'soon');
const conditionKeys: readonly (readonly [keys: readonly string[], operators: readonly string[], values: readonly (string | number | boolean)[]])[] = [
  [['kms:EncryptionContext:app', 'kms:encryptioncontext:APP', 'kms:ViaService', 'aws:PrincipalTag/env', 'aws:username', 'aws:ResourceTag/env'], STRINGS, texts],
  [['kms:EncryptionContextKeys', 'kms:GrantOperations', 'aws:TagKeys', 'kms:ResourceAliases'], STRINGS, ['app', 'App', 'x', 'y', 'Decrypt', '*', 'a*']],
  [['aws:MultiFactorAuthAge', 'aws:EpochTime'], NUMBERS.map((name) => `Numeric${name}`), [1, 7, '7', 7.5, '1767323045']],
  [['aws:CurrentTime', 'aws:TokenIssueTime', 'aws:EpochTime'], NUMBERS.map((name) => `Date${name}`), times],
  [['aws:SecureTransport', 'aws:PrincipalIsAWSService'], ['Bool'], ['true', 'false', true]],
  [['kms:Blob'], ['BinaryEquals'], ['AQID', 'BAUG']],
  [['aws:SourceIp'], ['IpAddress', 'NotIpAddress'], ['10.1.0.0/16', '10.1.2.3', '10.0.0.0/8', '192.168.0.0/24', '0.0.0.0/0']],
  [['aws:PrincipalArn', 'aws:SourceArn'], ['ArnEquals', 'ArnLike', 'ArnNotEquals', 'ArnNotLike', 'StringLike'], [...arns, SOURCE, `arn:aws:iam::${ACCOUNT}:*`, 'arn:*:*:*:*:*', 'arn:aws:s3:::bucket/${aws:username}', '*', 'arn:aws:iam::*']],
  [['aws:PrincipalAccount', 'kms:CallerAccount', 'aws:ResourceAccount', 'aws:userid', 'aws:PrincipalType'], ['StringEquals', 'StringNotEquals'], [ACCOUNT, OTHER, 'User', 'AssumedRole', '${aws:ResourceAccount}']],
]; // prettier-ignore

const condition = fc.constantFrom(...conditionKeys, ...conditionKeys.slice(0, 2)).chain(([keys, operators, values]) =>
  fc
    .record({
      key: fc.constantFrom(...keys),
      operator: fc.constantFrom(...operators),
      set: fc.constantFrom('', '', '', 'ForAllValues:', 'ForAnyValue:'),
      ifExists: fc.constantFrom('', '', '', 'IfExists'),
      value: element(values),
    })
    .map(({ key, operator, set, ifExists, value }) => ({ [`${set}${operator}${ifExists}`]: { [key]: value } })),
);
const nullCondition = fc
  .record({
    key: fc.constantFrom('kms:EncryptionContext:app', 'aws:username', 'aws:PrincipalTag/team', 'kms:ResourceAliases', 'aws:TagKeys'),
    value: element(['true', 'false']),
  })
  .map(({ key, value }) => ({ Null: { [key]: value } }));
const noCondition = fc.constant<object>({});
const conditions = fc
  .oneof(
    { weight: 18, arbitrary: noCondition },
    { weight: 4, arbitrary: condition },
    { weight: 1, arbitrary: nullCondition },
    { weight: 1, arbitrary: fc.tuple(condition, condition).map(([a, b]) => ({ ...a, ...b })) },
  )
  .map((Condition) => (Object.keys(Condition).length === 0 ? {} : { Condition }));

/** Deny seldom: it ends everything, and then nothing else is tried. */
const effect = fc.oneof(
  { weight: 15, arbitrary: fc.constant<Statement['Effect']>('Allow') },
  { weight: 1, arbitrary: fc.constant<Statement['Effect']>('Deny') },
);
const actions = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom<object>({ Action: 'kms:*' }, { Action: ['s3:*', '*'] }) },
  { weight: 9, arbitrary: element(actionPatterns).map((Action) => ({ Action })) },
  { weight: 1, arbitrary: element(actionPatterns.slice(3)).map((NotAction) => ({ NotAction })) },
);
const resources = fc.oneof(
  { weight: 18, arbitrary: fc.constant<object>({ Resource: '*' }) },
  { weight: 9, arbitrary: element(resourcePatterns).map((Resource) => ({ Resource })) },
  { weight: 1, arbitrary: element(resourcePatterns.slice(2)).map((NotResource) => ({ NotResource })) },
);
const statement = fc
  .tuple(
    effect.map((Effect) => ({ Effect })),
    actions,
    resources,
    conditions,
  )
  .map((parts) => Object.assign({}, ...parts) as Statement);
/** Who a statement is about: often the one who asks, by one of the names. */
const principals = (asker: Asker) =>
  fc.oneof(
    {
      weight: 14,
      arbitrary: fc
        .constantFrom(...namesOf(asker))
        .map((name) => ({ Principal: asker.type === 'service' ? { Service: name } : { AWS: name } })),
    },
    { weight: 3, arbitrary: fc.constant({ Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } }) },
    { weight: 4, arbitrary: element(awsNames).map((AWS) => ({ Principal: { AWS } })) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        { Principal: '*' },
        { Principal: { AWS: '*' } },
        { Principal: { Service: SERVICE, AWS: [ACCOUNT, '*'] } },
        { Principal: { Service: SERVICE } },
      ),
    },
    { weight: 1, arbitrary: fc.subarray([...arns, ACCOUNT], { minLength: 1 }).map((AWS) => ({ NotPrincipal: { AWS } })) },
  );
const keyStatement = (asker: Asker) => fc.tuple(statement, principals(asker)).map(([base, who]) => forKey({ ...base, ...who }));

function namesOf({ type, arn, account, roleArn }: Asker): string[] {
  if (type === 'anonymous') return ['*'];
  return type === 'service' ? [arn] : [arn, account, ...(roleArn === undefined ? [] : [roleArn])];
}

/** A key policy that lets all values of one encryption context pass is refused when it is put. */
function forKey(one: Statement): Statement {
  if (one.Effect === 'Deny' || one.Condition === undefined) return one;
  const kept = Object.entries(one.Condition).filter(
    ([operator, keys]) => !(operator.startsWith('ForAllValues:') && /^kms:encryptioncontext:/i.test(Object.keys(keys)[0] ?? '')),
  );
  return { ...one, Condition: Object.fromEntries(kept) };
}

const document = (one: fc.Arbitrary<Statement>, maxLength: number): fc.Arbitrary<string> =>
  fc
    .record({
      Version: fc.constantFrom('2012-10-17', '2012-10-17', '2012-10-17', '2008-10-17', undefined),
      Statement: fc.oneof(one, fc.array(one, { minLength: 1, maxLength })),
    })
    .map((value) => JSON.stringify(value));

const pairs = fc.constantFrom<Record<string, string>>({ app: 'x' }, { APP: 'x' }, { app: 'y' }, { app: 'x', b: '1' }, {});
const constraints = fc.oneof(
  { weight: 2, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: pairs.map((encryptionContextEquals) => ({ constraints: { encryptionContextEquals } })) },
  { weight: 1, arbitrary: pairs.map((encryptionContextSubset) => ({ constraints: { encryptionContextSubset } })) },
  { weight: 1, arbitrary: pairs.map((encryptionContextSubset) => ({ constraints: { encryptionContextSubset, sourceArn: SOURCE } })) },
);
const operations = fc.subarray(['Decrypt', 'Encrypt', 'DescribeKey', 'CreateGrant', 'ListGrants'], { minLength: 1 });
const grantee = (asker: Asker) =>
  fc.oneof(
    {
      weight: 10,
      arbitrary: fc
        .constantFrom(...(named.includes(asker) ? [asker.roleArn ?? asker.arn, `arn:aws:iam::${asker.account}:root`] : arns))
        .map((principal) => ({ principal })),
    },
    { weight: 4, arbitrary: fc.constantFrom(...arns).map((principal) => ({ principal })) },
    { weight: 1, arbitrary: fc.constant({ service: SERVICE }) },
  );
const grant = (asker: Asker): fc.Arbitrary<PlainGrant> =>
  fc
    .tuple(fc.record({ grantId: fc.constantFrom('g1', 'g2', 'g3'), grantee: grantee(asker), operations }), constraints)
    .map(([base, limit]) => ({ ...base, ...limit }));

const context = fc
  .record(
    {
      'kms:EncryptionContext:app': fc.constantFrom(['x'], ['x'], ['y'], ['x', 'y'], ['*']),
      'kms:EncryptionContextKeys': fc.constantFrom(['app'], ['app', 'b'], []),
      'kms:ViaService': fc.constantFrom(['x'], ['alice']),
      'aws:ResourceTag/env': fc.constant(['x']),
      'kms:ResourceAliases': fc.constant(['app', 'x']),
      'kms:GrantOperations': fc.constantFrom(['Decrypt'], ['Decrypt', 'Encrypt']),
      'aws:TagKeys': fc.constantFrom(['x'], ['x', 'App']),
      'aws:MultiFactorAuthAge': fc.constantFrom(['1'], ['7'], ['7.5'], ['none']),
      'aws:TokenIssueTime': fc.constantFrom(...dates.map((date) => [date])),
      'aws:SecureTransport': fc.constantFrom(['true'], ['False']),
      'kms:Blob': fc.constant(['AQID']),
      'aws:SourceIp': fc.constantFrom(['10.1.2.3'], ['10.2.0.1'], ['192.168.0.77'], ['nowhere']),
      'aws:SourceArn': fc.constantFrom([SOURCE], [arns[0] ?? '']),
      // A request can claim none of these.
      'aws:PrincipalArn': fc.constant(['claimed']),
      'aws:PrincipalTag/env': fc.constant(['x']),
    },
    { requiredKeys: [] },
  )
  .map((keys) => Object.fromEntries(Object.entries(keys)) as Question['context']);

/** Absent more often than not: what limits everything hides the rest. */
const seldom = <T>(one: fc.Arbitrary<T>) => fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: one });

const parts = (asker: Asker) => ({
  principal: fc.constant(asker),
  context,
  now: fc.constant(NOW),
  identity: fc.array(document(statement, 3), { minLength: 1, maxLength: 2 }),
  boundary: seldom(document(statement, 3)),
  session: seldom(document(statement, 2)).map((one) => (one === undefined ? [] : [one])),
  grants: fc.array(grant(asker), { maxLength: 2 }),
  childGrant: fc.option(
    fc.tuple(fc.record({ operations }), constraints).map(([base, limit]) => ({ ...base, ...limit })),
    { nil: undefined },
  ),
});
const onKey = (asker: Asker) =>
  fc.record({
    ...parts(asker),
    action: fc.constantFrom(...onKeys, 'kms:Decrypt', 'kms:Encrypt'),
    resource: fc.constant({ arn: KEY, account: ACCOUNT }),
    keyPolicy: document(keyStatement(asker), 4),
  });
const onOther = (asker: Asker) =>
  fc.record({
    ...parts(asker),
    action: fc.constantFrom('kms:CreateKey', 'kms:Decrypt'),
    resource: fc.constantFrom<Question['resource']>('*', { arn: ALIAS, account: ACCOUNT }),
  });

/** A random question; some nine of ten are about a key. */
export const question: fc.Arbitrary<Question> = fc
  .oneof(
    ...askers.flatMap((asker) => [
      { weight: 9, arbitrary: onKey(asker) },
      { weight: 1, arbitrary: onOther(asker) },
    ]),
  )
  .map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as unknown as Question);
