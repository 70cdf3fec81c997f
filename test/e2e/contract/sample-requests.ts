import { ScalarType } from '@bufbuild/protobuf';
import { awsEnum, membersOf, type MemberField } from '@trent/contracts';
import fc from 'fast-check';
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
        : [textOf(Number(member.member.element?.minLength ?? 1), member.member.element?.pattern)];
    default:
      return scalarOf(member, Number(member.member.bounds?.minLength ?? 1));
  }
}

/** The required members of a message, each with a sample. */
export function samplesOf(members: readonly MemberField[]): Record<string, unknown> {
  return Object.fromEntries(members.filter(({ member }) => member.required).map((member) => [member.awsName, sampleOf(member)]));
}

/** A scalar of a length (strings, blobs); numbers and booleans have none. */
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

/** A text of a length that fits a pattern. */
export function textOf(length: number, pattern = ''): string {
  const whole = new RegExp(`^(?:${pattern === '' ? '[^]*' : pattern})$`);
  for (const letter of ['a', '2', 'A', '.']) if (whole.test(letter.repeat(length))) return letter.repeat(length);
  const [found] = fc.sample(
    fc.stringMatching(whole).filter((text) => text.length === length && /^[ -~]*$/.test(text)),
    1,
  );
  if (found === undefined) throw new Error(`nothing of length ${String(length)} fits ${pattern}`);
  return found;
}
