import { ScalarType, type DescMessage } from '@bufbuild/protobuf';
import { describe, expect, test } from '@jest/globals';
import { awsEnum, membersOf, operations, type MemberField, type Operation } from '@trent/contracts';
import kms from '../vectors/aws-kms.json' with { type: 'json' };
import sts from '../vectors/aws-sts.json' with { type: 'json' };

/** A member as AWS's model has it (condense-model.ts). */
interface Fact {
  readonly type: string;
  readonly required?: boolean;
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly sensitive?: boolean;
  readonly members?: Facts;
  readonly element?: Fact;
}
type Facts = Readonly<Record<string, Fact>>;

interface ModelOperation {
  readonly errors: readonly string[];
  readonly input: Facts;
  readonly output: Facts;
}

interface Model {
  readonly source: string;
  readonly operations: Readonly<Record<string, ModelOperation>>;
}

/** AWS operations that Trent does not serve. */
const NOT_SERVED = new Set([
  'sts.AssumeRoleWithSAML',
  'sts.AssumeRoot',
  'sts.GetDelegatedAccessToken',
  'sts.GetFederationToken',
  'sts.GetWebIdentityToken',
]);

const ERROR_CODE = 'the catalogue has the code of the wire, the model the name of its shape';
const BOUNDED = 'every list and text has a limit: ten managed policies, 2,048 characters (AWS STS API reference, AssumeRole)';

/** Where the contract differs on purpose: difference → reason. One that is no more is a failure too. */
const EXPLAINED: Readonly<Record<string, string>> = {
  'AssumeRole.errors: lacks PackedPolicyTooLargeException': ERROR_CODE,
  'AssumeRole.errors: has PackedPolicyTooLarge, which AWS has not': ERROR_CODE,
  'AssumeRoleWithWebIdentity.errors: lacks IDPCommunicationErrorException': ERROR_CODE,
  'AssumeRoleWithWebIdentity.errors: has IDPCommunicationError, which AWS has not': ERROR_CODE,
  'AssumeRoleWithWebIdentity.errors: lacks IDPRejectedClaimException': ERROR_CODE,
  'AssumeRoleWithWebIdentity.errors: has IDPRejectedClaim, which AWS has not': ERROR_CODE,
  'AssumeRoleWithWebIdentity.errors: lacks InvalidIdentityTokenException': ERROR_CODE,
  'AssumeRoleWithWebIdentity.errors: has InvalidIdentityToken, which AWS has not': ERROR_CODE,
  'AssumeRoleWithWebIdentity.errors: lacks PackedPolicyTooLargeException': ERROR_CODE,
  'AssumeRoleWithWebIdentity.errors: has PackedPolicyTooLarge, which AWS has not': ERROR_CODE,
  'AssumeRoleWithWebIdentity.errors: lacks ExpiredTokenException': ERROR_CODE,
  'AssumeRoleWithWebIdentity.errors: has ExpiredIdentityToken, which AWS has not': ERROR_CODE,
  "AssumeRole.input.PolicyArns: max is 10, AWS's is undefined": BOUNDED,
  "AssumeRoleWithWebIdentity.input.PolicyArns: max is 10, AWS's is undefined": BOUNDED,
  "AssumeRole.input.Policy: max is 2048, AWS's is undefined": BOUNDED,
};

/** What our contract says, in the model's terms. */
function describeMember(member: MemberField): Fact {
  const { field, member: option } = member;
  const { minLength, maxLength, minValue, maxValue, pattern } = option.bounds ?? {};
  return {
    type: typeOf(member),
    required: option.required,
    ...numbers(minLength ?? minValue, maxLength ?? maxValue),
    ...(pattern ? { pattern } : {}),
    ...(field.fieldKind === 'enum' ? { enum: awsEnum(field.enum.typeName).values } : {}),
    sensitive: option.sensitive,
  };
}

function numbers(min: bigint | undefined, max: bigint | undefined) {
  return { ...(min === undefined ? {} : { min: Number(min) }), ...(max === undefined ? {} : { max: Number(max) }) };
}

function typeOf({ field }: MemberField): string {
  switch (field.fieldKind) {
    case 'list':
      return 'list';
    case 'map':
      return 'map';
    case 'enum':
      return 'string';
    case 'message':
      return field.message.typeName === 'google.protobuf.Timestamp' ? 'timestamp' : 'structure';
    default:
      return SCALARS[field.scalar] ?? 'unknown';
  }
}

const SCALARS: Partial<Record<ScalarType, string>> = {
  [ScalarType.STRING]: 'string',
  [ScalarType.BYTES]: 'blob',
  [ScalarType.BOOL]: 'boolean',
  [ScalarType.INT32]: 'integer',
  [ScalarType.INT64]: 'long',
};

function* compareMessages(path: string, message: DescMessage, facts: Facts, side: 'input' | 'output', depth: number): Generator<string> {
  const ours = new Map(membersOf(message).map((member) => [member.awsName, member]));
  for (const name of ours.keys()) if (!(name in facts)) yield `${path}.${name}: not in AWS's model`;
  for (const [name, fact] of Object.entries(facts)) {
    const member = ours.get(name);
    if (member === undefined) yield `${path}.${name}: missing`;
    else yield* compareMember(`${path}.${name}`, member, fact, side, depth);
  }
}

function* compareMember(path: string, member: MemberField, fact: Fact, side: 'input' | 'output', depth: number): Generator<string> {
  const ours = describeMember(member);
  if (ours.type !== fact.type) yield `${path}: is ${ours.type}, AWS's is ${fact.type}`;
  if (fact.sensitive === true && ours.sensitive !== true) yield `${path}: is not sensitive`;
  if (fact.enum !== undefined && fact.type === 'string') yield* compareSets(path, ours.enum ?? [], fact.enum);
  if (side === 'input') {
    if ((ours.required === true) !== (fact.required === true)) yield `${path}: required differs`;
    if (fact.enum === undefined)
      for (const bound of ['min', 'max', 'pattern'] as const) yield* compareBound(path, bound, ours[bound], fact[bound]);
    if (fact.element !== undefined) yield* compareElement(path, member, fact.element);
  }
  const inner = innerMessage(member);
  const innerFacts = fact.members ?? fact.element?.members;
  if (depth > 0 && inner !== undefined && innerFacts !== undefined) yield* compareMessages(path, inner, innerFacts, side, depth - 1);
}

function* compareElement(path: string, { field, member }: MemberField, fact: Fact): Generator<string> {
  if (field.fieldKind !== 'list') return;
  if (field.listKind === 'enum') {
    yield* compareSets(`${path}[]`, awsEnum(field.enum.typeName).values, fact.enum ?? []);
    return;
  }
  if (field.listKind === 'message') return;
  const ours = numbers(member.element?.minLength, member.element?.maxLength);
  yield* compareBound(`${path}[]`, 'min', ours.min, fact.min);
  yield* compareBound(`${path}[]`, 'max', ours.max, fact.max);
  yield* compareBound(`${path}[]`, 'pattern', member.element?.pattern === '' ? undefined : member.element?.pattern, fact.pattern);
}

function* compareBound(path: string, name: string, ours: unknown, theirs: unknown): Generator<string> {
  if (ours !== theirs) yield `${path}: ${name} is ${String(ours)}, AWS's is ${String(theirs)}`;
}

function* compareSets(path: string, ours: readonly string[], theirs: readonly string[]): Generator<string> {
  for (const value of theirs) if (!ours.includes(value)) yield `${path}: lacks ${value}`;
  for (const value of ours) if (!theirs.includes(value)) yield `${path}: has ${value}, which AWS has not`;
}

function innerMessage({ field }: MemberField): DescMessage | undefined {
  if (field.fieldKind === 'message') return field.message;
  return field.fieldKind === 'list' && field.listKind === 'message' ? field.message : undefined;
}

function differences(operation: Operation, theirs: ModelOperation): string[] {
  return [
    ...compareMessages(`${operation.rpc}.input`, operation.request, theirs.input, 'input', 3),
    ...compareMessages(`${operation.rpc}.output`, operation.response, theirs.output, 'output', 3),
    ...compareSets(`${operation.rpc}.errors`, operation.option.errors, theirs.errors),
  ];
}

describe.each<[string, Model]>([
  ['kms', kms],
  ['sts', sts],
])('the contract of %s and AWS’s model', (service, model) => {
  const served = [...operations.values()].filter(({ name }) => name.startsWith(`${service}.`));

  test('every operation that is served is AWS’s, and what is not served is listed', () => {
    const names = served.map(({ rpc }) => rpc);
    expect(names.filter((name) => !(name in model.operations))).toEqual([]);
    const missing = Object.keys(model.operations).filter((name) => !names.includes(name) && !NOT_SERVED.has(`${service}.${name}`));
    expect(missing).toEqual([]);
    expect(names.filter((name) => NOT_SERVED.has(`${service}.${name}`))).toEqual([]);
  });

  test('members, bounds, closed sets, secrecy and errors are the same but for what is explained', () => {
    const found = served.flatMap((operation) =>
      differences(operation, model.operations[operation.rpc] ?? { errors: [], input: {}, output: {} }),
    );
    expect(found.filter((difference) => !(difference in EXPLAINED))).toEqual([]);
  });
});
