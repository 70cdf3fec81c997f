import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { markersWith, pageOf } from './marker.ts';

const markers = markersWith(Buffer.alloc(32, 7));
const scope = ['ListKeys', 'us-east-1', '111122223333'];
const invalid = expect.objectContaining({ code: 'InvalidMarkerException' });

describe('a paging marker', () => {
  test('reads back what it was made of', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (last) => markers.read(scope, markers.make(scope, last)) === Buffer.from(last).toString()),
    );
  });

  test('stands for the first page when it is absent', () => {
    expect(markers.read(scope, undefined)).toBe('');
  });

  test.each([
    ['another operation', ['ListAliases', 'us-east-1', '111122223333']],
    ['another account', ['ListKeys', 'us-east-1', '222222222222']],
    ['another region', ['ListKeys', 'eu-west-1', '111122223333']],
  ])('of %s is refused', (_name, other) => {
    expect(() => markers.read(scope, markers.make(other, 'key'))).toThrow(invalid);
  });

  test('that nobody made is refused', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => markers.read(scope, text)).toThrow(invalid);
      }),
    );
  });

  test('of another deployment is refused', () => {
    expect(() => markers.read(scope, markersWith(Buffer.alloc(32, 8)).make(scope, 'key'))).toThrow(invalid);
  });
});

describe('a page', () => {
  test('is the last when nothing was read beyond it', () => {
    expect(pageOf([1, 2], 2)).toEqual({ page: [1, 2], last: undefined });
  });

  test('ends with what the next one begins behind', () => {
    expect(pageOf([1, 2, 3], 2)).toEqual({ page: [1, 2], last: 2 });
  });
});
