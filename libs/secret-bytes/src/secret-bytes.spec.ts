import { describe, expect, test } from '@jest/globals';
import { inspect } from 'node:util';

import { SecretBytes } from './index.ts';
import { reveal } from './reveal.ts';

describe('a secret is not seen', () => {
  const secret = SecretBytes.copyOf(Buffer.from('open sesame'));
  const shown: [string, string][] = [
    ['toString', secret.toString()],
    ['a template', `the key is ${String(secret)}`],
    ['JSON', JSON.stringify({ secret })],
    ['util.inspect', inspect(secret)],
    ['util.inspect with hidden members', inspect({ secret }, { showHidden: true, depth: 9 })],
    ['own members', Object.getOwnPropertyNames(secret).join()],
    ['a structured clone', inspect(structuredClone<unknown>(secret))],
  ];
  test.each(shown)('by %s', (_way, text) => {
    expect(text).not.toContain('sesame');
    expect(text).not.toContain(Buffer.from('sesame').toString('hex'));
  });

  test('text made of it says that it is a secret', () => {
    expect(secret.toString()).toBe('[secret]');
    expect(JSON.stringify([secret])).toBe('["[secret]"]');
    expect(inspect(secret)).toBe('[secret]');
  });
});

describe('memory', () => {
  test('copyOf leaves the source alone and lies in memory of its own', () => {
    const source = Buffer.from('data key');
    const secret = SecretBytes.copyOf(source);
    source.fill(0);
    expect(reveal(secret).toString()).toBe('data key');
    expect(reveal(secret).buffer.byteLength).toBe(8);
  });

  test('take keeps the very buffer', () => {
    const buffer = Buffer.from('data key');
    expect(reveal(SecretBytes.take(buffer))).toBe(buffer);
  });

  test('the end of a using scope overwrites the bytes', () => {
    const buffer = Buffer.from('data key');
    {
      using secret = SecretBytes.take(buffer);
      expect(secret.length).toBe(8);
    }
    expect(buffer).toEqual(Buffer.alloc(8));
  });

  test('a disposed secret has no length and cannot be revealed or compared', () => {
    const secret = SecretBytes.copyOf(Buffer.from('x'));
    secret[Symbol.dispose]();
    secret[Symbol.dispose]();
    expect(secret.length).toBe(0);
    expect(() => reveal(secret)).toThrow('disposed');
    expect(() => secret.equals(SecretBytes.copyOf(Buffer.from('x')))).toThrow('disposed');
    expect(() => SecretBytes.copyOf(Buffer.from('x')).equals(secret)).toThrow('disposed');
  });
});

describe('equality', () => {
  const rows: [string, string, boolean][] = [
    ['same', 'same', true],
    ['', '', true],
    ['same', 'sama', false],
    ['same', 'same but longer', false],
    ['', 'x', false],
  ];
  test.each(rows)('%j against %j is %j', (left, right, equal) => {
    expect(SecretBytes.copyOf(Buffer.from(left)).equals(SecretBytes.copyOf(Buffer.from(right)))).toBe(equal);
  });
});
