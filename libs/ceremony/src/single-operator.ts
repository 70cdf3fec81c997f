import { defaultProfile } from '@trent/pkcs11';
import { approveRequest } from './approve.ts';
import { createPackage } from './genesis.ts';
import { completeJoin, createJoinRequest, hasJoined } from './join.ts';
import type { JoinResult } from './join.ts';
import { cardOf } from './operator.ts';
import type { OperatorIdentity } from './operator.ts';
import type { RootPackage } from './root-package.ts';
import { createGenesisRequest } from './request.ts';
import type { CeremonyToken } from './token.ts';

/**
 * A whole genesis on one machine that holds every operator's identity: for development (`npm run up`, K = N = 1) and
 * tests. In production each operator approves on a machine of their own.
 */
export async function genesisHere(options: {
  readonly region: string;
  readonly operators: readonly OperatorIdentity[];
  readonly threshold: number;
  readonly token: CeremonyToken;
  readonly nowMs: number;
}): Promise<RootPackage> {
  const { operators, token, nowMs } = options;
  const request = createGenesisRequest({
    region: options.region,
    threshold: options.threshold,
    operators: await Promise.all(operators.map(cardOf)),
    profile: defaultProfile,
    nowMs,
  });
  const approvals = await Promise.all(operators.map((operator) => approveRequest({ request, operator, nowMs })));
  return createPackage({ request, approvals, token, nowMs });
}

/** A whole join on one machine; the first K identities approve. Does nothing when the token has joined. */
export async function joinHere(options: {
  readonly rootPackage: RootPackage;
  readonly operators: readonly OperatorIdentity[];
  readonly token: CeremonyToken;
  readonly nowMs: number;
}): Promise<JoinResult['outcome']> {
  const { rootPackage, token, nowMs } = options;
  if (hasJoined(token, rootPackage)) return 'already-joined';
  const pending = await createJoinRequest({ rootPackage, token, nowMs });
  const willing = options.operators.slice(0, rootPackage.threshold);
  const approvals = await Promise.all(
    willing.map((operator) => approveRequest({ request: pending.request, operator, rootPackage, nowMs })),
  );
  return (await completeJoin({ rootPackage, pending, approvals, token, nowMs })).outcome;
}
