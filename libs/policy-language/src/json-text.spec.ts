import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { parseJson, placesIn, type JsonNode } from './json-text.ts';

function plain(node: JsonNode): unknown {
  switch (node.type) {
    case 'string':
      return node.text;
    case 'number':
      return Number(node.text);
    case 'boolean':
      return node.value;
    case 'null':
      return null;
    case 'array':
      return node.items.map(plain);
    case 'object':
      return Object.fromEntries(Array.from(node.members, ([name, value]) => [name, plain(value)]));
  }
}

describe('a JSON text', () => {
  test('gives what JSON.parse gives', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), fc.constantFrom(undefined, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(plain(parseJson(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  test('or noise is refused where JSON.parse refuses it, and for repeated names', () => {
    const token = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"b"',
      '1',
      '-',
      '0',
      '.5',
      'true',
      'null',
      ' ',
      '\n',
      '"\\u12',
      '"',
      '\\',
    );
    fc.assert(
      fc.property(fc.array(token, { maxLength: 9 }), (tokens) => {
        const text = tokens.join('');
        let expected: unknown;
        try {
          expected = JSON.parse(text);
        } catch {
          expect(() => parseJson(text)).toThrow(expect.objectContaining({ code: 'MalformedPolicyDocumentException' }));
          return;
        }
        try {
          expect(plain(parseJson(text))).toEqual(expected);
        } catch (error) {
          expect((error as Error).message).toContain('stands twice');
        }
      }),
      { numRuns: 5000 },
    );
  });

  test.each([
    ['a repeated name', '{"a":1,\n "a":2}', 'the name "a" stands twice in one object, at line 2, column 2'],
    ['a repeated name, once escaped', '{"a":1,"\\u0061":2}', 'the name "a" stands twice in one object, at line 1, column 8'],
    ['nesting beyond twelve', '['.repeat(13) + ']'.repeat(13), 'nesting deeper than 12 at line 1, column 13'],
    ['text behind the end', '{} {}', 'text after the end of the document at line 1, column 4'],
    ['a trailing comma', '[1,]', 'no value as expected at line 1, column 4'],
    ['nothing', '', 'the document ends early at line 1, column 1'],
  ])('with %s is refused', (_, text, detail) => {
    expect(() => parseJson(text)).toThrow(`This policy contains invalid Json: ${detail}`);
  });

  test('of a hundred thousand brackets is refused without a deep stack', () => {
    expect(() => parseJson('['.repeat(100_000))).toThrow('nesting deeper than 12');
  });

  test('knows where its values stand', () => {
    const text = '{\n  "a": [1]\n}';
    const node = parseJson(text);
    const inner = node.type === 'object' ? node.members.get('a') : undefined;
    expect(placesIn(text)(inner?.start ?? 0)).toEqual({ line: 2, column: 8 });
    expect(text.slice(inner?.start, inner?.end)).toBe('[1]');
  });
});
