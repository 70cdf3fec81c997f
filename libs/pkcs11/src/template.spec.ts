import { describe, expect, test } from '@jest/globals';
import { compileEntries, compileTemplate, decodeTemplate } from './template.ts';

/** Reads a layout the way native/arena.c does: type, pointer as an offset into the body, length. */
function read(compiled: Buffer): { type: number; value: Buffer }[] {
  const relocations = new Map<number, number>();
  const head = 8 + compiled.readUInt32LE(0) * 8;
  for (let at = 8; at < head; at += 8) relocations.set(compiled.readUInt32LE(at), compiled.readUInt32LE(at + 4));
  const body = compiled.subarray(head);
  return Array.from({ length: compiled.readUInt32LE(4) }, (_, index) => {
    const at = index * 24;
    const start = relocations.get(at + 8) ?? -1;
    return { type: Number(body.readBigUInt64LE(at)), value: body.subarray(start, start + Number(body.readBigUInt64LE(at + 16))) };
  });
}

describe('layout', () => {
  test('numbers, truths, text, bytes and mechanism lists lie as PKCS#11 wants them', () => {
    const compiled = compileTemplate({ class: 4, token: false, label: 'né', id: Buffer.from([9]), allowedMechanisms: [0x210a, 1] });
    expect(read(compiled).map(({ type, value }) => [type, value.toString('hex')])).toEqual([
      [0x0, '0400000000000000'],
      [0x1, '00'],
      [0x3, '6ec3a9'],
      [0x102, '09'],
      [0x40000600, '0a210000000000000100000000000000'],
    ]);
  });

  test('CKA_MODIFIABLE comes last, wherever it stands, because SoftHSM applies a template in order', () => {
    const types = read(compileTemplate({ modifiable: false, label: 'a', copyable: false })).map(({ type }) => type);
    expect(types).toEqual([0x3, 0x171, 0x170]);
  });

  test('entries keep their order, even the same attribute twice', () => {
    const entries = read(
      compileEntries([
        ['extractable', true],
        ['modifiable', false],
        ['extractable', false],
      ]),
    );
    expect(entries.map(({ type, value }) => [type, value[0]])).toEqual([
      [0x162, 1],
      [0x170, 0],
      [0x162, 0],
    ]);
  });

  test('a nested template is an array of attributes behind the pointer', () => {
    const [outer] = read(compileTemplate({ unwrapTemplate: { extractable: false, class: 3 } }));
    expect(outer?.type).toBe(0x40000212);
    expect(outer?.value.length).toBe(48);
    expect(Number(outer?.value.readBigUInt64LE(0))).toBe(0x162);
  });
});

describe('reading', () => {
  test('values come back by name, withheld ones are absent', () => {
    const raw = [Buffer.from('0300000000000000', 'hex'), Buffer.from([1]), null, Buffer.from('x')];
    expect(decodeTemplate(['class', 'sign', 'value', 'label'], raw)).toEqual({ class: 3, sign: true, label: 'x' });
  });

  test('a nested template comes back, attributes without a name in it are left out', () => {
    const inner = [[0x162, Buffer.from([0])] as const, [0x9999, Buffer.from([1])] as const];
    expect(decodeTemplate(['unwrapTemplate'], [inner])).toEqual({ unwrapTemplate: { extractable: false } });
  });
});
