import type { DescEnum } from '@bufbuild/protobuf';
import { readStringOption, registry } from './descriptors.ts';

/** One closed set of values: proto numbers inside, AWS's spellings at AWS's edges. */
export interface AwsEnum {
  /** AWS spellings in the order of the contract, without the unspecified value. */
  readonly values: readonly string[];
  /** AWS's spelling; undefined for unspecified and unknown numbers. */
  readonly toAws: (number: number | undefined) => string | undefined;
  /** The proto number; undefined for an unknown spelling. */
  readonly fromAws: (value: string) => number | undefined;
}

const byName = new Map<string, AwsEnum>();

/** The enum of the contract by full name ("trent.kms.v1.KeySpec"). */
export function awsEnum(typeName: string): AwsEnum {
  const known = byName.get(typeName);
  if (known !== undefined) return known;
  const descriptor = registry.getEnum(typeName);
  if (descriptor === undefined) throw new Error(`no enum ${typeName} in the contract`);
  const made = readEnum(descriptor);
  byName.set(typeName, made);
  return made;
}

function readEnum(descriptor: DescEnum): AwsEnum {
  const toAws = new Map<number, string>();
  for (const value of descriptor.values) {
    const spelling = readStringOption(value.proto.options, 'trent.options.v1.aws_value');
    if (spelling !== undefined) toAws.set(value.number, spelling);
  }
  const fromAws = new Map([...toAws].map(([number, spelling]) => [spelling, number]));
  return {
    values: [...toAws.values()],
    toAws: (number) => (number === undefined ? undefined : toAws.get(number)),
    fromAws: (value) => fromAws.get(value),
  };
}
