import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeRequest } from './messages.ts';

test('any bytes give a question or an error, in bounded time', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      let kind = 'refused';
      try {
        kind = decodeRequest(bytes).question.kind;
      } catch (error) {
        expect((error as Error).message).not.toBe('');
      }
      expect(['refused', 'unknown', 'services', 'fileByName', 'fileOfSymbol', 'fileOfExtension', 'extensionNumbers']).toContain(kind);
    }),
  );
});
