import { describe, expect, test } from '@jest/globals';
import { ScalarType, type DescField, type DescMessage } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { membersOf, operations, options } from '@trent/contracts';
import { finishRecord, responseElementsOf } from './finish-record.ts';
import { someFacts } from './record.fixture.ts';
import { startRecord } from './start-record.ts';

/** Fills every member of a message, nested ones too: shown members with `shown`, all others with `secret`. */
function planted(descriptor: DescMessage, shown: string, secret: string, hidden = false, depth = 0): Record<string, unknown> {
  const entries = membersOf(descriptor).map(({ property, field, member }) => {
    const isHidden = hidden || member.sensitive || member.audit !== options.Audit.AUDIT_SHOWN;
    return [property, plantedValue(field, shown, secret, isHidden, depth)] as const;
  });
  return Object.fromEntries(entries);
}

function plantedValue(field: DescField, shown: string, secret: string, hidden: boolean, depth: number): unknown {
  const text = hidden ? secret : shown;
  const single = (): unknown => {
    if (field.message !== undefined) {
      if (field.message.typeName === 'google.protobuf.Timestamp') return new Date(0);
      return depth > 3 ? undefined : planted(field.message, shown, secret, hidden, depth + 1);
    }
    if (field.enum !== undefined) return field.enum.values.at(-1)?.number;
    return scalarOf(field.scalar, text);
  };
  if (field.fieldKind === 'list') return [single()];
  if (field.fieldKind === 'map') return new Map([[text, single()]]);
  return single();
}

function scalarOf(type: ScalarType, text: string): unknown {
  switch (type) {
    case ScalarType.STRING:
      return text;
    case ScalarType.BYTES:
      return Buffer.from(text);
    case ScalarType.BOOL:
      return true;
    case ScalarType.INT64:
    case ScalarType.UINT64:
      return 7n;
    default:
      return 7;
  }
}

/** The ways in which bytes could slip into text. */
function disguises(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [secret, bytes.toString('hex'), bytes.toString('base64').replaceAll('=', ''), bytes.toString('base64url'), [...bytes].join(',')];
}

describe('P1: no record holds what the contract hides', () => {
  test.each([...operations.values()].map((operation) => [operation.name, operation] as const))(
    '%s: markers planted in every hidden or sensitive member of request and response are not in the record, shown ones are',
    (_name, operation) => {
      fc.assert(
        fc.property(fc.stringMatching(/^[a-z]{12,40}$/), fc.stringMatching(/^[A-Z]{12,40}$/), (shown, secret) => {
          const request = planted(operation.request, shown, secret);
          const response = planted(operation.response, shown, secret);
          const record = finishRecord(startRecord(someFacts({ operation, request })), {
            responseElements: responseElementsOf(operation, response),
          });
          for (const disguise of disguises(secret)) expect(record).not.toContain(disguise);
          expect(JSON.parse(record)).toBeTruthy();
          expect(record.includes(shown)).toBe(
            showsText(operation.request) || (!operation.option.auditKeyId && showsText(operation.response)),
          );
        }),
        { numRuns: 20 },
      );
    },
  );
});

function showsText(descriptor: DescMessage): boolean {
  return membersOf(descriptor).some(
    ({ field, member }) =>
      member.audit === options.Audit.AUDIT_SHOWN &&
      (field.fieldKind === 'map' || field.scalar === ScalarType.STRING || (field.message !== undefined && showsText(field.message))),
  );
}

describe('any text', () => {
  test('from the caller keeps a record one line of JSON that says the same text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ unit: 'binary', maxLength: 300 }), (userAgent, sourceIp) => {
        const record = finishRecord(startRecord(someFacts({ userAgent, sourceIp })), {
          error: { code: 'ValidationException', message: userAgent },
        });
        expect(record).not.toContain('\n');
        const read = JSON.parse(record) as Record<string, unknown>;
        expect([read['userAgent'], read['sourceIPAddress']]).toEqual([userAgent, sourceIp]);
      }),
    );
  });
});
