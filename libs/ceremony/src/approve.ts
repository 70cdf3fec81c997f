import { refuse } from './ceremony-error.ts';
import { cardOf } from './operator.ts';
import type { OperatorIdentity } from './operator.ts';
import { packageDigest } from './root-package.ts';
import type { RootPackage } from './root-package.ts';
import { checkTime, signApproval } from './request.ts';
import type { Approval, CeremonyRequest, GenesisRequest, JoinRequest } from './request.ts';
import { openShare, sealShare } from './shares.ts';

/**
 * An operator's deed, on the operator's own machine: checks the request, signs it and, for a join, sends the share
 * re-encrypted to the ceremony's recipient. The operator has compared the request's digest by another channel.
 */
export async function approveRequest(options: {
  readonly request: CeremonyRequest;
  readonly operator: OperatorIdentity;
  /** The operator's own copy of the package; needed for a join. */
  readonly rootPackage?: RootPackage;
  readonly nowMs: number;
}): Promise<Approval> {
  const { request, operator, rootPackage, nowMs } = options;
  checkTime(request, nowMs);
  if (request.action === 'genesis') return approveGenesis(request, operator);
  if (rootPackage === undefined) return refuse('wrong-package', 'a join is approved with the package at hand');
  return approveJoin(request, operator, rootPackage);
}

async function approveGenesis(request: GenesisRequest, operator: OperatorIdentity): Promise<Approval> {
  const own = await cardOf(operator);
  const listed = request.operators.find((card) => card.name === own.name);
  if (listed?.recipient !== own.recipient || listed.signingKey !== own.signingKey) {
    refuse('not-an-operator', `the request does not list ${own.name} with these keys`);
  }
  return signApproval(operator, request);
}

async function approveJoin(request: JoinRequest, operator: OperatorIdentity, rootPackage: RootPackage): Promise<Approval> {
  if (request.packageDigest !== packageDigest(rootPackage)) refuse('wrong-package', 'the request is for another package');
  if (request.region !== rootPackage.region || request.rootVersion !== rootPackage.rootVersion) {
    refuse('wrong-package', 'the request names another region or root version than the package');
  }
  const own = await cardOf(operator);
  const listed = rootPackage.operators.find((card) => card.name === own.name);
  if (listed?.signingKey !== own.signingKey) refuse('not-an-operator', `the package does not list ${own.name} with this key`);
  using share = await openShare(listed.share, operator.ageIdentity);
  return signApproval(operator, request, await sealShare(share, request.recipient));
}
