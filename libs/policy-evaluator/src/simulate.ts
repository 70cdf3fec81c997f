import { foldCase, type CompiledPolicy, type CompiledStatement, type ContextKeyUse } from '@trent/policy-language';

import { matchOf, type Answer } from './ask-policy.ts';
import type { Decision } from './decision.ts';
import { askAll, evaluate } from './evaluate.ts';
import type { AuthorisationRequest } from './request.ts';
import { RequestContext } from './request-context.ts';

/** IAM API reference, PolicyEvaluationDecisionType. */
export type SimulatedDecision = 'allowed' | 'explicitDeny' | 'implicitDeny';

/** A document as a simulation takes it, with the condition keys that it asks for (`contextKeysOf`). */
export interface SimulatedDocument {
  readonly policy: CompiledPolicy;
  readonly keys: readonly ContextKeyUse[];
}

/** One question of a simulation. */
export interface SimulationRequest {
  readonly request: AuthorisationRequest;
  readonly identity: readonly SimulatedDocument[];
  readonly boundary?: SimulatedDocument;
  /** The policy of the resource. */
  readonly resource?: SimulatedDocument;
  /** A KMS key's policy has the first word: without it identity policies count for nothing. Elsewhere either is enough in one account. */
  readonly isKey: boolean;
}

/** A statement that had its part in the decision. */
export interface SimulatedStatement {
  readonly document: SimulatedDocument;
  readonly statement: CompiledStatement;
}

/** What a simulation answers to one question. */
export interface Simulation {
  readonly decision: SimulatedDecision;
  /** Of identity and resource policies: all that deny, or all that allow; none where the lack of one decided. */
  readonly matched: readonly SimulatedStatement[];
  /** Condition keys, as written, that statements about this request ask for and nothing has told. */
  readonly missing: readonly string[];
  /** Whether the boundary allows it; undefined without one. */
  readonly allowedByBoundary: boolean | undefined;
  /** Whether principal and resource are of different accounts. */
  readonly isCrossAccount: boolean;
  /** What each kind of document says by itself. */
  readonly parts: { readonly identity: SimulatedDecision; readonly resource: SimulatedDecision; readonly boundary?: SimulatedDecision };
}

/** Answers as `evaluate` decides, with all that had a part in it (IAM API reference, SimulateCustomPolicy and EvaluationResult). */
export function simulate(question: SimulationRequest): Simulation {
  const { request, identity, boundary, resource } = question;
  const context = new RequestContext(request);
  const decision = decide(question);
  const answers = askAll(request, documentsOf(question), context);
  const parts = {
    identity: partOf(answers.identity),
    resource: partOf(answers.resource === undefined ? [] : [answers.resource]),
    ...(answers.boundary === undefined ? {} : { boundary: partOf([answers.boundary]) }),
  };
  const shown = resource === undefined ? identity : [...identity, resource];
  return {
    decision,
    matched: decision === 'implicitDeny' ? [] : applying(shown, request, context, decision === 'allowed' ? 'Allow' : 'Deny'),
    missing: missingKeys(shown, request, context),
    allowedByBoundary: boundary === undefined ? undefined : parts.boundary === 'allowed',
    isCrossAccount: request.resource !== '*' && request.resource.account !== request.principal.account,
    parts,
  };
}

function decide(question: SimulationRequest): SimulatedDecision {
  const { request, isKey } = question;
  const documents = documentsOf(question);
  const decision = nameOf(evaluate(request, documents));
  if (decision !== 'implicitDeny' || isKey || documents.keyPolicy === undefined) return decision;
  // IAM user guide, "Policy evaluation logic": within one account the identity policy is enough; `evaluate` refuses it from another.
  const { identity, grants, ...limits } = documents;
  const { keyPolicy: _policy, ...rest } = limits;
  return nameOf(evaluate(request, { identity, grants, ...rest }));
}

function nameOf({ reason }: Decision): SimulatedDecision {
  if (reason.effect === 'allow') return 'allowed';
  return reason.effect === 'explicit-deny' ? 'explicitDeny' : 'implicitDeny';
}

function documentsOf({ identity, boundary, resource }: SimulationRequest) {
  return {
    ...(resource === undefined ? {} : { keyPolicy: resource.policy }),
    identity: identity.map(({ policy }) => policy),
    ...(boundary === undefined ? {} : { boundary: boundary.policy }),
    grants: [],
  };
}

function partOf(answers: readonly Answer[]): SimulatedDecision {
  if (answers.some(({ denial }) => denial !== undefined)) return 'explicitDeny';
  return answers.some(({ allowance }) => allowance !== undefined) ? 'allowed' : 'implicitDeny';
}

/** Every statement of this effect that applies. */
function applying(
  documents: readonly SimulatedDocument[],
  request: AuthorisationRequest,
  context: RequestContext,
  effect: 'Allow' | 'Deny',
): SimulatedStatement[] {
  const action = foldCase(request.action);
  return documents.flatMap((document) => {
    const { denials, allowances } = document.policy.candidates(request.action, request.principal);
    return (effect === 'Deny' ? denials : allowances)
      .filter((statement) => matchOf(statement, request, action, context) !== undefined)
      .map((statement) => ({ document, statement }));
  });
}

const EVERY_RESOURCE: CompiledStatement['resources'] = { negated: false, all: true, matches: () => true };

/** Keys without a value that statements about this action, principal and resource ask for, each once. */
function missingKeys(documents: readonly SimulatedDocument[], request: AuthorisationRequest, context: RequestContext): string[] {
  const missing = new Map<string, string>();
  const action = foldCase(request.action);
  for (const { policy, keys } of documents) {
    if (keys.length === 0) continue;
    const { denials, allowances } = policy.candidates(request.action, request.principal);
    const candidates = [...denials, ...allowances];
    const speaking = (change: Partial<CompiledStatement>) =>
      new Set(candidates.filter((one) => matchOf({ ...one, ...change }, request, action, context) !== undefined).map(({ index }) => index));
    const asking = { resource: speaking({ conditions: [], resources: EVERY_RESOURCE }), condition: speaking({ conditions: [] }) };
    for (const { statement, name, place, isRequired } of keys) {
      const folded = foldCase(name);
      if (isRequired && asking[place].has(statement) && !missing.has(folded) && isUnknown(context, folded)) missing.set(folded, name);
    }
  }
  return [...missing.values()];
}

function isUnknown(context: RequestContext, key: string): boolean {
  return (context.valuesOf(key)?.length ?? 0) === 0;
}
