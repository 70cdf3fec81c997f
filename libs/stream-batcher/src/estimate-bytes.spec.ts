import { expect, test } from '@jest/globals';
import { authorize, execute } from '@trent/contracts';
import { estimateBytes } from './estimate-bytes.ts';

test.each([
  [
    'an item with bytes',
    execute.ExecuteItem,
    { operation: 'kms.Encrypt', permit: Buffer.alloc(120), tokens: [Buffer.alloc(90)], input: Buffer.alloc(4096) },
  ],
  [
    'a result with nested messages',
    authorize.AuthorizeResult,
    { principalArn: 'arn:aws:iam::111122223333:root', keys: [{ token: Buffer.alloc(90), keyArn: 'a'.repeat(75) }] },
  ],
  ['an empty item', execute.ExecuteItem, {}],
] as const)('%s is estimated at no less than its encoding and at most 120 bytes more', (_name, codec, partial) => {
  const message = (codec as typeof execute.ExecuteItem).create(partial as never);
  const encoded = (codec as typeof execute.ExecuteItem).encode(message).finish().length;
  expect(estimateBytes(message)).toBeGreaterThanOrEqual(encoded);
  expect(estimateBytes(message)).toBeLessThanOrEqual(encoded + 120);
});
