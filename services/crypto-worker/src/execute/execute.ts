import { hash } from 'node:crypto';
import type { CryptoWorkerRpc, execute } from '@trent/contracts';
import { fail, failUndecided } from '@trent/errors';
import { verifyPermit } from '@trent/permit';
import { cryptoOperations } from '../operations/index.ts';
import type { OperationDeps } from '../operations/operation.ts';
import type { Fence } from '../pool/fence.ts';
import type { PermitKeyRing } from '../system/permit-key-ring.ts';
import type { Replays } from './replays.ts';

export interface ExecuteDeps extends OperationDeps {
  readonly region: string;
  readonly permitKeys: PermitKeyRing;
  readonly fence: Fence;
  readonly replays: Replays;
  /** Whether the feeds that raise the fence are followed under a live lease. */
  readonly isLive: () => boolean;
  readonly now: () => number;
  readonly monotonicMs: () => number;
}

/**
 * One item: permit → fence → token → deed. The caller is not trusted: nothing happens that policy did not permit for this very input.
 * What takes longer than microseconds answers with a promise and never holds what comes behind it.
 * @param deadline performance.now() milliseconds
 * @throws AccessDeniedException for a permit that does not fit; what the operation throws
 */
export function executeItem(
  deps: ExecuteDeps,
  item: execute.ExecuteItem,
  deadline: number,
): execute.ExecuteResult | Promise<execute.ExecuteResult> {
  if (!Object.hasOwn(cryptoOperations, item.operation)) fail('UnknownOperationException');
  const operation = item.operation as CryptoWorkerRpc;
  // A digest as text, made a Buffer, costs half of a digest as a Buffer.
  const inputDigest = Buffer.from(hash('sha256', item.input, 'binary'), 'latin1');
  const permit = verifyPermit(
    item.permit,
    deps.permitKeys.forHour,
    { epochMs: deps.now() },
    { operation, inputDigest, region: deps.region },
  );
  const stillAllowed = (): void => {
    if (!deps.isLive()) failUndecided('no lease');
    deps.fence.check(permit);
  };
  stillAllowed();
  deps.replays.admit(permit.id, deps.monotonicMs());
  const { id, tokens, input } = item;
  const output = cryptoOperations[operation](deps, { permit, tokens, input, deadline, stillAllowed });
  return Buffer.isBuffer(output) ? { id, output, error: undefined } : output.then((bytes) => ({ id, output: bytes, error: undefined }));
}
