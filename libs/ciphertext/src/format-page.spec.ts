import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const page = read('docs/ciphertext-format.md');

/** The hex of each fenced example, without offsets and meanings. */
const examples = [...page.matchAll(/^```\n([^`]*)\n```$/gm)].map(([, text = '']) =>
  text
    .split('\n')
    .map((line) => /^ *[0-9]* {2,}([0-9a-f]+)( {2}|$)/.exec(line)?.[1] ?? '')
    .join(''),
);

interface Vector {
  readonly ciphertext: string;
  readonly token: string;
  readonly encoded: string;
}
const ciphertexts = JSON.parse(read('libs/ciphertext/src/ciphertext-v1.golden.json')) as Vector[];
const external = JSON.parse(read('libs/ciphertext/src/ciphertext-v2.golden.json')) as Vector[];
const { tokens } = JSON.parse(read('libs/key-token/src/key-token-v1.golden.json')) as { tokens: Vector[] };
const { tokens: asymmetric } = JSON.parse(read('libs/key-token/src/key-token-v2.golden.json')) as { tokens: Vector[] };
const permits = JSON.parse(read('libs/permit/src/permit-v1.golden.json')) as Vector[];

describe('docs/ciphertext-format.md shows the first golden vector of', () => {
  const rows: [string, string | undefined, string | undefined][] = [
    ['ciphertext v1', examples[0], ciphertexts[0]?.ciphertext],
    ['ciphertext v2', examples[1], external[0]?.ciphertext],
    ['key token v1', examples[2], tokens[0]?.token],
    ['permit v1', examples[4], permits[0]?.encoded],
  ];
  test.each(rows)('%s, byte by byte', (_format, shown, vector) => {
    expect(shown).toBe(vector);
  });

  test('key token v2, the tail of its header', () => {
    expect(examples[3]).not.toBe('');
    expect(asymmetric.some(({ token }) => token.includes(examples[3] ?? '-'))).toBe(true);
  });
});
