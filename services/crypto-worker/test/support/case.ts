import type { MaterialDeps } from '../../src/keys/new-material.ts';
import type { OpenToken } from '../../src/pool/open-token.ts';

/** Where a case runs: a token of SoftHSM that has joined a root set, opened as the worker opens it. */
export interface Place {
  readonly open: OpenToken;
  readonly materials: MaterialDeps;
}

/** One true sentence about the worker. */
export interface WorkerCase {
  readonly name: string;
  run(place: Place): void | Promise<void>;
}

export const REGION = 'us-east-1';
/** Its root set lies in the same token, so that one process can be both regions' worker. */
export const OTHER_REGION = 'eu-west-1';
export const GROUP = 'global';
export const ACCOUNT = '111122223333';

/** Far enough for a machine that does much else, in milliseconds of `performance.now()`. */
export function soon(): number {
  return performance.now() + 120_000;
}
