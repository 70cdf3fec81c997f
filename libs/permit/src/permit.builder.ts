import { hash } from 'node:crypto';

import type { Permit } from './index.ts';

const NOT_BEFORE_MS = 1_760_000_000_000;

/** A good permit for tests, with what the test changes. */
export function aPermit(change: Partial<Permit> = {}): Permit {
  return {
    id: '0f24ccd8-9234-4255-968e-7da8763cb20f',
    principal: 'arn:aws:iam::111122223333:user/bob',
    principalVersion: 7n,
    account: '111122223333',
    operation: 'kms.Encrypt',
    region: 'eu-west-1',
    keys: [
      {
        keyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1b2c3d4e-0000-4000-8000-00000000000a',
        authorisationVersion: 9n,
        materialId: 'ab'.repeat(32),
      },
    ],
    inputDigest: hash('sha256', 'the exact input', 'buffer'),
    notBeforeMs: NOT_BEFORE_MS,
    notAfterMs: NOT_BEFORE_MS + 3000,
    ...change,
  };
}
