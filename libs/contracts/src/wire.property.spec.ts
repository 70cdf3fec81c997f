import { BinaryWriter as PlainWriter } from '@bufbuild/protobuf/wire';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { authorize } from './index.ts';
import { BinaryReader, BinaryWriter } from './wire.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.integer({ min: 0, max: 20_000 }).map((length) => 'é'.repeat(length)),
  fc.constantFrom('x'.repeat(127), 'x'.repeat(128), 'x'.repeat(16_383), 'x'.repeat(16_384), 'x'.repeat(300_000)),
);
const item = fc
  .record({
    id: fc.nat(),
    requestId: text,
    operation: text,
    inputDigest: fc.uint8Array({ maxLength: 200 }),
    algorithms: fc.array(text, { maxLength: 3 }),
  })
  .map((some) => authorize.AuthorizeItem.create({ ...some, inputDigest: Buffer.from(some.inputDigest) }));

describe('the wire', () => {
  test('a message has the bytes that the library writes, whatever was written before', () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 5 }), (items) => {
        const plain: object = new PlainWriter();
        const bytes = authorize.AuthorizeRequest.encode({ items }, plain as BinaryWriter).finish();
        expect(authorize.AuthorizeRequest.encode({ items }).finish().equals(bytes)).toBe(true);
        expect(authorize.AuthorizeRequest.decode(Buffer.from(bytes)).items).toEqual(items);
      }),
    );
  });

  test('two writers at work at once do not share memory', () => {
    const [a, b] = [new BinaryWriter(), new BinaryWriter()];
    a.uint32(10).string('a'.repeat(100));
    b.uint32(10).string('b'.repeat(100));
    expect([a.finish().toString('latin1', 2), b.finish().toString('latin1', 2)]).toEqual(['a'.repeat(100), 'b'.repeat(100)]);
  });

  test('a text longer than what is left is refused', () => {
    const bytes = Buffer.from([10, 100, 65, 65]);
    const reader = new BinaryReader(bytes);
    reader.uint32();
    expect(() => reader.string()).toThrow(RangeError);
  });
});
