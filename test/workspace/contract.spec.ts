import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ScalarType } from '@bufbuild/protobuf';
import { describe, expect, test } from '@jest/globals';
import { membersOf, operations, options, publicServices, registry, type MemberField } from '@trent/contracts';
import { isErrorCode } from '@trent/errors';

const root = join(import.meta.dirname, '../..');
const all = [...operations.values()];
const iamCases = globSync('test/e2e/operations/iam/*.e2e.ts', { cwd: root })
  .map((file) => readFileSync(join(root, file), 'utf8'))
  .join('\n');

describe.each(all.map((operation) => [operation.name, operation] as const))('%s', (name, operation) => {
  test('says where it runs, what it touches, and whether it may be repeated', () => {
    expect(operation.option.room).not.toBe(options.Room.ROOM_UNSPECIFIED);
    expect(operation.option.resource).not.toBe(options.Resource.RESOURCE_UNSPECIFIED);
    expect(operation.option.repeat).not.toBe(options.Repeat.REPEAT_UNSPECIFIED);
    expect(operation.option.quota).not.toBe('');
    expect(operation.option.quotaPerSecond).toBeGreaterThan(0);
  });

  test('names keys, aliases, contexts, algorithms and Regions that are members of its request', () => {
    const members = membersOf(operation.request).map(({ awsName }) => awsName);
    const named = operation.option.keys.flatMap((key) => [
      ...[key.member, key.ciphertextMember, key.contextMember],
      ...[key.algorithmMember, key.regionMember],
    ]);
    named.push(...operation.option.charges.map(({ regionMember }) => regionMember));
    for (const member of [...named, operation.option.aliasMember].filter((one) => one !== '')) expect(members).toContain(member);
  });

  test('charges quotas that there are', () => {
    for (const { quota, times } of operation.option.charges) {
      expect(all.some(({ option }) => option.quota === quota)).toBe(true);
      expect(times).toBeGreaterThan(0);
    }
  });

  test('each of its errors is a row of the catalogue', () => {
    for (const error of operation.option.errors) expect([error, isErrorCode(error)]).toEqual([error, true]);
  });

  test('every string, blob and list of its request has a limit', () => {
    const unlimited = membersOf(operation.request).filter(
      (member) => !LIMITED_BY_RULE.has(member.awsName) && needsLimit(member) && member.member.bounds?.maxLength === undefined,
    );
    expect(unlimited.map(({ awsName }) => awsName)).toEqual([]);
  });

  test('every member of its answer has an audit decision', () => {
    const undecided = membersOf(operation.response).filter(({ member }) => member.audit === options.Audit.AUDIT_UNSPECIFIED);
    expect(undecided.map(({ awsName }) => awsName)).toEqual([]);
  });

  test('no sensitive member is shown in records', () => {
    const shown = [...membersOf(operation.request), ...membersOf(operation.response)].filter(
      ({ member }) => member.sensitive && member.audit === options.Audit.AUDIT_SHOWN,
    );
    expect(shown).toEqual([]);
  });

  test('has an end-to-end case', () => {
    // IAM's hundred actions are tested family by family, each called by its command.
    if (operation.wire.signingName === 'iam') {
      expect([name, iamCases.includes(`${operation.rpc}Command(`)]).toEqual([name, true]);
      return;
    }
    const file = operation.rpc.replace(/([a-z])([A-Z])/g, '$1-$2').toLowerCase();
    expect([name, existsSync(join(root, `test/e2e/operations/${file}.e2e.ts`))]).toEqual([name, true]);
  });
});

test('every public RPC but the batch stream is an operation', () => {
  const missing = publicServices.flatMap(({ typeName }) =>
    (registry.getService(typeName)?.methods ?? []).filter(
      (method) => method.methodKind === 'unary' && !all.some(({ rpc }) => rpc === method.name),
    ),
  );
  expect(missing.map(({ name }) => name)).toEqual([]);
});

/** AWS's model has no limit for it; the gateway's rule answers its own error (TagException). */
const LIMITED_BY_RULE = new Set(['Tags', 'TagKeys']);

/** Enums, numbers, booleans and messages are bounded by themselves; maps by encryption-context and the body's limit. */
function needsLimit({ field }: MemberField): boolean {
  if (field.fieldKind === 'list') return field.listKind !== 'enum';
  return field.fieldKind === 'scalar' && (field.scalar === ScalarType.STRING || field.scalar === ScalarType.BYTES);
}
