import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { Member } from '../gen/options.ts';
import { readOption } from './descriptors.ts';

/** A field of a message as the codecs, the validator, policy and audit see it. */
export interface MemberField {
  /** AWS's name ("KeyId"). */
  readonly awsName: string;
  /** AWS's name in error texts and records ("keyId"). */
  readonly lowerName: string;
  /** Property of the ts-proto message ("keyId"). */
  readonly property: string;
  readonly field: DescField;
  readonly member: Member;
}

const byMessage = new WeakMap<DescMessage, readonly MemberField[]>();

/** The members of a message in the contract's order. */
export function membersOf(message: DescMessage): readonly MemberField[] {
  const known = byMessage.get(message);
  if (known !== undefined) return known;
  const members = message.fields.map((field): MemberField => {
    const member = readOption(field.proto.options, 'trent.options.v1.member', (bytes) => Member.decode(bytes)) ?? Member.create();
    const awsName = field.jsonName;
    return { awsName, lowerName: member.auditName || lowerCamel(awsName), property: field.localName, field, member };
  });
  byMessage.set(message, members);
  return members;
}

function lowerCamel(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
