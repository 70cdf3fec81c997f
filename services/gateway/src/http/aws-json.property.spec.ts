import { describe, expect, test } from '@jest/globals';
import { kms, operations, type Operation } from '@trent/contracts';
import { isTrentError } from '@trent/errors';
import fc from 'fast-check';
import { jsonReader, parseJsonBody } from './aws-json.ts';
import { jsonWriter } from './aws-json-writer.ts';

const encrypt = operations.get('kms.Encrypt') as Operation;
const wellFormed = fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed());

const encryptRequest = fc
  .record({
    keyId: fc.option(wellFormed, { nil: undefined }),
    plaintext: fc.option(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      { nil: undefined },
    ),
    encryptionContext: fc.array(fc.tuple(fc.oneof(wellFormed, fc.constant('__proto__')), wellFormed)).map((pairs) => new Map(pairs)),
    grantTokens: fc.array(wellFormed),
    dryRun: fc.option(fc.boolean(), { nil: undefined }),
  })
  .map((parts) => kms.EncryptRequest.create(parts));

describe('the JSON codec', () => {
  test('what is written is read back, and survives protobuf on the way', () => {
    fc.assert(
      fc.property(encryptRequest, (message) => {
        const read = jsonReader(encrypt.request)(parseJsonBody(Buffer.from(jsonWriter(encrypt.request)(message))));
        expect(read).toEqual(message);
        expect(encrypt.requestCodec.decode(encrypt.requestCodec.encode(read))).toEqual(message);
      }),
    );
  });

  test('any JSON for any operation gives a message or a SerializationException', () => {
    const readers = [...operations.values()].map(({ request }) => ({
      read: jsonReader(request),
      names: request.fields.map((field) => field.jsonName),
    }));
    fc.assert(
      fc.property(
        fc.constantFrom(...readers),
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.array(fc.jsonValue()),
        ({ read, names }, other, values) => {
          const body = {
            ...other,
            ...Object.fromEntries(values.map((value, index) => [names[index % Math.max(names.length, 1)] ?? 'x', value])),
          };
          expectMessageOrError(() => read(parseJsonBody(Buffer.from(JSON.stringify(body)))));
        },
      ),
    );
  });

  test('any bytes give an object or a SerializationException', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => expectMessageOrError(() => parseJsonBody(Buffer.from(bytes)))));
  });
});

function expectMessageOrError(act: () => object): void {
  try {
    expect(typeof act()).toBe('object');
  } catch (error) {
    if (!isTrentError(error) || error.code !== 'SerializationException') throw error;
  }
}
