import { ScalarType } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { awsEnum, membersOf, operations, type MemberField, type Operation } from '@trent/contracts';
import { Caller, type Answer } from '../fixtures/caller.ts';
import { sampleOf, samplesOf, scalarOf } from './sample-requests.ts';

/**
 * Every member of every KMS operation at, below and above each of its bounds, on the HTTPS wire: what the contract says is what a client meets.
 * The cells come from the descriptors (which aws-model.spec.ts compares with AWS's model), so an operation that joins is walked by itself.
 */

/** One request of the walk: what is sent, and what must or must not be said of it. */
interface Cell {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** The violation that must be told; without it, none of this member. */
  readonly violation?: string;
  readonly error?: string;
  readonly path: string;
}

let caller: Caller;
beforeAll(() => {
  caller = new Caller();
});
afterAll(() => caller[Symbol.dispose]());

function cellsOf(operation: Operation): Cell[] {
  const members = membersOf(operation.request);
  const base = samplesOf(members);
  return members.flatMap((member) => memberCells(member).map((cell) => ({ ...cell, input: { ...base, ...cell.input } })));
}

function memberCells(member: MemberField): Cell[] {
  const path = member.lowerName;
  const withValue = (name: string, value: unknown, violation?: string, error?: string): Cell => ({
    name: `${member.awsName} ${name}`,
    input: { [member.awsName]: value },
    path,
    ...(violation === undefined ? {} : { violation }),
    ...(error === undefined ? {} : { error }),
  });
  return [
    ...(member.member.required
      ? [withValue('missing', undefined, 'Member must not be null'), withValue('null', null, 'Member must not be null')]
      : []),
    ...lengthCells(member, withValue),
    ...rangeCells(member, withValue),
    ...setCells(member, withValue),
    withValue('of another type', wrongType(member), undefined, 'SerializationException'),
  ];
}

type WithValue = (name: string, value: unknown, violation?: string, error?: string) => Cell;

function lengthCells(member: MemberField, cell: WithValue): Cell[] {
  const { field } = member;
  const isText = field.fieldKind === 'scalar' && field.scalar === ScalarType.STRING;
  // In protobuf an empty list is an absent one: neither has a length below the least.
  const isList = field.fieldKind === 'list';
  const { minLength, maxLength, pattern } = member.member.bounds ?? {};
  const make =
    field.fieldKind === 'list'
      ? entriesOf(member)
      : field.fieldKind === 'scalar'
        ? (length: number) => scalarOf(member, length)
        : undefined;
  if (make === undefined) return [];
  const cells: Cell[] = [];
  if (minLength !== undefined && minLength > 0n && !isList) {
    const least = make(Number(minLength));
    if (least !== undefined) cells.push(cell('at its least length', least));
    // Below the least length no pattern can be kept: any text says which bound is meant.
    const short = isText ? 'a'.repeat(Number(minLength) - 1) : make(Number(minLength) - 1);
    cells.push(cell('below its least length', short, `Member must have length greater than or equal to ${String(minLength)}`));
  }
  if (maxLength !== undefined) {
    const greatest = make(Number(maxLength));
    if (greatest !== undefined) cells.push(cell('at its greatest length', greatest));
    const long = isText ? 'a'.repeat(Number(maxLength) + 1) : make(Number(maxLength) + 1);
    cells.push(cell('above its greatest length', long, `Member must have length less than or equal to ${String(maxLength)}`));
  }
  if (isText && pattern) {
    const odd = `\u0001${'a'.repeat(Number(minLength ?? 1))}`.slice(0, Number(maxLength ?? 100));
    cells.push(cell('beside its pattern', odd, `Member must satisfy regular expression pattern: ${pattern}`));
  }
  return cells;
}

function entriesOf(member: MemberField): (count: number) => unknown {
  const [entry] = sampleOf(member) as unknown[];
  return (count) => Array.from({ length: count }, () => entry);
}

function rangeCells(member: MemberField, cell: WithValue): Cell[] {
  const { minValue, maxValue } = member.member.bounds ?? {};
  return [
    ...(minValue === undefined
      ? []
      : [
          cell('at its least value', Number(minValue)),
          cell('below its least value', Number(minValue) - 1, `Member must have value greater than or equal to ${String(minValue)}`),
        ]),
    ...(maxValue === undefined
      ? []
      : [
          cell('at its greatest value', Number(maxValue)),
          cell('above its greatest value', Number(maxValue) + 1, `Member must have value less than or equal to ${String(maxValue)}`),
        ]),
  ];
}

function setCells({ field }: MemberField, cell: WithValue): Cell[] {
  if (field.fieldKind === 'enum') {
    const { values } = awsEnum(field.enum.typeName);
    return [
      ...values.map((value) => cell(`= ${value}`, value)),
      cell('outside its set', 'NO_SUCH_VALUE', `Member must satisfy enum value set: [${values.join(', ')}]`),
    ];
  }
  if (field.fieldKind !== 'list' || field.listKind !== 'enum') return [];
  const { values } = awsEnum(field.enum.typeName);
  return [cell('with an entry outside its set', ['NO_SUCH_VALUE'], `Member must satisfy enum value set: [${values.join(', ')}]`)];
}

/** JSON that the member can never be. */
function wrongType({ field }: MemberField): unknown {
  return field.fieldKind === 'list' ? { a: 1 } : ['a'];
}

function judge(cell: Cell, answer: Answer): string | undefined {
  const { error, message = '', status } = answer;
  if (status >= 500 && error !== 'DependencyTimeoutException') return `answered ${String(status)} ${String(error)}`;
  if (cell.error !== undefined) return error === cell.error ? undefined : `answered ${String(error)}: ${message}`;
  const mine = new RegExp(`'${cell.path}(\\.[^']*)?' failed to satisfy constraint`).test(message);
  if (cell.violation === undefined) return error === 'ValidationException' && mine ? `refused: ${message}` : undefined;
  return error === 'ValidationException' && mine && message.includes(cell.violation)
    ? undefined
    : `not refused as it should be (${String(error)}: ${message.slice(0, 300)})`;
}

/** What the model allows and AWS refuses (kms-api §10: a window of 7 to 30 days). */
const STRICTER_THAN_THE_MODEL = new Set(['PendingWindowInDays at its least value', 'PendingWindowInDays at its greatest value']);

const kms = [...operations.values()].filter(({ name }) => name.startsWith('kms.'));
let walked = 0;

describe('the constraints of every member', () => {
  test.each(kms.map((operation) => [operation.rpc, operation] as const))('%s keeps its bounds', async (rpc, operation) => {
    const wrong: string[] = [];
    for (const cell of cellsOf(operation)) {
      const problem = judge(cell, await caller.kms(rpc, cell.input));
      if (problem !== undefined && !STRICTER_THAN_THE_MODEL.has(cell.name)) wrong.push(`${cell.name}: ${problem}`);
      walked++;
    }
    expect(wrong).toEqual([]);
  });

  test.each(
    kms
      .filter(({ request }) => membersOf(request).filter(({ member }) => member.required).length > 1)
      .map(({ rpc, request }) => [rpc, request] as const),
  )('%s tells everything that is missing at once', async (rpc, request) => {
    const required = membersOf(request).filter(({ member }) => member.required);
    const { error, message } = await caller.kms(rpc, {});
    expect([error, message]).toEqual([
      'ValidationException',
      `${String(required.length)} validation errors detected: ${required.map(({ lowerName }) => `Value null at '${lowerName}' failed to satisfy constraint: Member must not be null`).join('; ')}`,
    ]);
  });

  afterAll(() => {
    process.stderr.write(`constraints: ${String(walked)} requests walked\n`);
  });
});
