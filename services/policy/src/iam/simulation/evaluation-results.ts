import { iam } from '@trent/contracts';
import type { SimulatedDecision, SimulatedStatement, Simulation } from '@trent/policy-evaluator';
import type { NamedDocument } from './simulated-policies.ts';
import { arnTemplate } from './arn-template.ts';

const { EVAL_DECISION_ALLOWED, EVAL_DECISION_EXPLICIT_DENY, EVAL_DECISION_IMPLICIT_DENY } = iam.EvalDecision;
const DECISIONS: Readonly<Record<SimulatedDecision, iam.EvalDecision>> = {
  allowed: EVAL_DECISION_ALLOWED,
  explicitDeny: EVAL_DECISION_EXPLICIT_DENY,
  implicitDeny: EVAL_DECISION_IMPLICIT_DENY,
};
/** The one that wins over those before it. */
const MOST_RESTRICTIVE: readonly SimulatedDecision[] = ['allowed', 'implicitDeny', 'explicitDeny'];

/** The answer about one resource; without one, about all of them. */
export interface ResourceAnswer {
  readonly arn: string | undefined;
  readonly simulation: Simulation;
}

/**
 * The answer about one action (IAM API reference, EvaluationResult): one, however many resources there are; at its top the most restrictive
 * decision and what led to it, below each resource's own.
 */
export function evaluationResult(action: string, answers: readonly ResourceAnswer[]): iam.EvaluationResult {
  const decision = mostRestrictive(answers.map(({ simulation }) => simulation.decision));
  const deciding = answers.filter(({ simulation }) => simulation.decision === decision);
  return iam.EvaluationResult.create({
    evalActionName: action,
    evalResourceName: arnTemplate(action),
    evalDecision: DECISIONS[decision],
    matchedStatements: unique(deciding.flatMap(({ simulation }) => simulation.matched)).map(statement),
    missingContextValues: [...new Set(answers.flatMap(({ simulation }) => simulation.missing))],
    permissionsBoundaryDecisionDetail: boundaryDetail(answers.map(({ simulation }) => simulation.allowedByBoundary)),
    evalDecisionDetails: decisionDetails(answers.map(({ simulation }) => simulation)),
    resourceSpecificResults: answers.flatMap(({ arn, simulation }) => (arn === undefined ? [] : [resourceResult(arn, simulation)])),
  });
}

function resourceResult(arn: string, simulation: Simulation): iam.ResourceSpecificResult {
  return iam.ResourceSpecificResult.create({
    evalResourceName: arn,
    evalResourceDecision: DECISIONS[simulation.decision],
    matchedStatements: simulation.matched.map(statement),
    missingContextValues: [...simulation.missing],
    permissionsBoundaryDecisionDetail: boundaryDetail([simulation.allowedByBoundary]),
    evalDecisionDetails: decisionDetails([simulation]),
  });
}

function mostRestrictive(decisions: readonly SimulatedDecision[]): SimulatedDecision {
  return MOST_RESTRICTIVE.findLast((decision) => decisions.includes(decision)) ?? 'implicitDeny';
}

function unique(statements: readonly SimulatedStatement[]): SimulatedStatement[] {
  return [...new Map(statements.map((matched) => [matched.statement, matched])).values()];
}

function statement({ document, statement: { span } }: SimulatedStatement): iam.Statement {
  const { id, source } = document as NamedDocument;
  return iam.Statement.create({
    sourcePolicyId: id,
    sourcePolicyType: source,
    // As IAM counts: the place behind the brace that opens the statement, and behind the one that closes it.
    startPosition: { line: span.startLine, column: span.startColumn + 1 },
    endPosition: { line: span.endLine, column: span.endColumn },
  });
}

function boundaryDetail(allowed: readonly (boolean | undefined)[]): iam.PermissionsBoundaryDecisionDetail | undefined {
  const known = allowed.filter((one) => one !== undefined);
  return known.length === 0 ? undefined : { allowedByPermissionsBoundary: known.every(Boolean) };
}

/** What each kind of policy says, of requests from another account alone. */
function decisionDetails(simulations: readonly Simulation[]): Map<string, iam.EvalDecision> {
  const parts = simulations.filter(({ isCrossAccount }) => isCrossAccount).map((simulation) => simulation.parts);
  if (parts.length === 0) return new Map();
  const boundaries = parts.flatMap(({ boundary }) => (boundary === undefined ? [] : [boundary]));
  return new Map([
    ['identity-based policy', DECISIONS[mostRestrictive(parts.map(({ identity }) => identity))]],
    ['resource-based policy', DECISIONS[mostRestrictive(parts.map(({ resource }) => resource))]],
    ...(boundaries.length === 0 ? [] : [['permissions boundary', DECISIONS[mostRestrictive(boundaries)]] as const]),
  ]);
}
