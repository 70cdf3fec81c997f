import { ScalarType } from '@bufbuild/protobuf';
import { awsEnum, membersOf, type MemberField } from '@trent/contracts';
import { UNKNOWN_KEY_ID } from '../fixtures/keys.ts';

/** Values that mean something to the service beyond their bounds; a request made of them ends at the key that does not exist. */
const MEANINGFUL: Readonly<Record<string, unknown>> = {
  KeyId: UNKNOWN_KEY_ID,
  SourceKeyId: UNKNOWN_KEY_ID,
  DestinationKeyId: UNKNOWN_KEY_ID,
  TargetKeyId: UNKNOWN_KEY_ID,
  AliasName: 'alias/constraint-walk',
};

/** A value that the member's bounds allow, as JSON. */
export function sampleOf(member: MemberField): unknown {
  const { field, awsName } = member;
  if (awsName in MEANINGFUL) return MEANINGFUL[awsName];
  switch (field.fieldKind) {
    case 'enum':
      return awsEnum(field.enum.typeName).values[0];
    case 'message':
      return field.message.typeName === 'google.protobuf.Timestamp' ? 1_900_000_000 : samplesOf(membersOf(field.message));
    case 'map':
      return { purpose: 'walk' };
    case 'list':
      if (field.listKind === 'enum') return [awsEnum(field.enum.typeName).values[0]];
      return field.listKind === 'message'
        ? [samplesOf(membersOf(field.message))]
        : [
            someText(
              Number(member.member.element?.minLength ?? 1),
              Number(member.member.element?.maxLength ?? 100),
              member.member.element?.pattern,
            ),
          ];
    default:
      return field.scalar === ScalarType.STRING
        ? someText(
            Number(member.member.bounds?.minLength ?? 1),
            Number(member.member.bounds?.maxLength ?? 100),
            member.member.bounds?.pattern,
          )
        : scalarOf(member, Number(member.member.bounds?.minLength ?? 1));
  }
}

/** The required members of a message, each with a sample. */
export function samplesOf(members: readonly MemberField[]): Record<string, unknown> {
  return Object.fromEntries(members.filter(({ member }) => member.required).map((member) => [member.awsName, sampleOf(member)]));
}

/** A scalar of a length (strings, blobs), undefined when no such text is known; numbers and booleans have none. */
export function scalarOf({ field, member }: MemberField, length: number): unknown {
  switch (field.scalar) {
    case ScalarType.STRING:
      return textOf(length, member.bounds?.pattern);
    case ScalarType.BYTES:
      return Buffer.alloc(length, 7).toString('base64');
    case ScalarType.BOOL:
      return false;
    default:
      return Number(member.bounds?.minValue ?? 1);
  }
}

/** Texts that fit patterns which no single letter repeated fits: built by hand for a length, where there is one. */
const SHAPED: readonly ((length: number) => string)[] = [
  (length) => `a-a-${'1'.repeat(Math.max(1, length - 4))}`,
  (length) => `cluster-${'a'.repeat(Math.max(1, length - 8))}`,
  (length) => `vpce-svc-${'a'.repeat(Math.max(1, length - 9))}`,
  (length) => `com.amazonaws.vpce.a-a-1.vpce-svc-${'a'.repeat(Math.max(1, length - 34))}`,
  (length) => `https://${'a'.repeat(Math.max(1, length - 8))}`,
  (length) => `${'/a'.repeat(Math.floor(length / 2))}/kms/xks/v1`.slice(-length),
  (length) => `/${'a'.repeat(Math.max(0, length - 12))}/kms/xks/v1`,
  (length) => `arn:aws:s3:a:111122223333:${'a'.repeat(Math.max(1, length - 26))}`,
  (length) => `a.a.${'a'.repeat(Math.max(1, length - 4))}`,
];

/** A text of a length that fits a pattern; undefined when no such text is known (a pattern may allow other lengths than the bounds do). */
export function textOf(length: number, pattern = ''): string | undefined {
  const whole = new RegExp(`^(?:${pattern === '' ? '[^]*' : pattern})$`);
  const plain = ['a', '2', 'A', '.'].map((letter) => letter.repeat(length));
  return [...plain, ...SHAPED.map((shape) => shape(length))].find((text) => text.length === length && whole.test(text));
}

/** The shortest text that is known to fit a pattern. */
function someText(least: number, most: number, pattern: string | undefined): string {
  for (let length = least; length <= Math.min(most, least + 100); length++) {
    const text = textOf(length, pattern);
    if (text !== undefined) return text;
  }
  throw new Error(`nothing is known that fits ${String(pattern)}`);
}
