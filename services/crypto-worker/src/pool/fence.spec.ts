import { describe, expect, test } from '@jest/globals';
import type { VerifiedPermit } from '@trent/permit';
import { Fence } from './fence.ts';

const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab';
const ROOT = 'arn:aws:iam::111122223333:root';

function aPermit(versions: { readonly key?: bigint; readonly principal?: bigint }): VerifiedPermit {
  return {
    id: 'request',
    principal: ROOT,
    principalVersion: versions.principal ?? 1n,
    account: '111122223333',
    operation: 'kms.Encrypt',
    region: 'us-east-1',
    keys: [{ keyArn: `arn:aws:kms:us-east-1:111122223333:key/${KEY_ID}`, authorisationVersion: versions.key ?? 1n, materialId: '' }],
    inputDigest: Buffer.alloc(32),
    notBeforeMs: 0,
    notAfterMs: 1,
  } as unknown as VerifiedPermit;
}

function aFence() {
  const clock = { ms: 0 };
  return { fence: new Fence(() => clock.ms), clock };
}

describe('a fence', () => {
  test('lets every permit pass while nothing changed', () => {
    expect(() => aFence().fence.check(aPermit({}))).not.toThrow();
  });

  test.each([
    ['key', KEY_ID, { key: 4n }],
    ['principal', ROOT, { principal: 4n }],
  ])('refuses a permit older than the change of its %s', (kind, id, versions) => {
    const { fence } = aFence();
    fence.raise({ sequence: 1n, kind, id, version: 5n });
    expect(() => fence.check(aPermit(versions))).toThrow(expect.objectContaining({ code: 'DependencyTimeoutException' }));
  });

  test('lets a permit of the changed version pass', () => {
    const { fence } = aFence();
    fence.raise({ sequence: 1n, kind: 'key', id: KEY_ID, version: 5n });
    expect(() => fence.check(aPermit({ key: 5n }))).not.toThrow();
  });

  test('never falls, whatever order changes arrive in', () => {
    const { fence } = aFence();
    fence.raise({ sequence: 2n, kind: 'key', id: KEY_ID, version: 5n });
    fence.raise({ sequence: 1n, kind: 'key', id: KEY_ID, version: 3n });
    expect(() => fence.check(aPermit({ key: 4n }))).toThrow();
  });

  test('forgets what no living permit can be older than', () => {
    const { fence, clock } = aFence();
    fence.raise({ sequence: 1n, kind: 'key', id: KEY_ID, version: 5n });
    clock.ms = 60_000;
    fence.raise({ sequence: 2n, kind: 'key', id: 'another', version: 1n });
    expect(fence.size).toBe(1);
  });
});
