import { setImmediate } from 'node:timers/promises';
import { iam } from '@trent/contracts';
import { fail } from '@trent/errors';
import { simulate, type Simulation } from '@trent/policy-evaluator';
import { DEFAULT_ITEMS, readMarker, writeMarker, type PageRequest } from '../paging.ts';
import { evaluationResult, type ResourceAnswer } from './evaluation-results.ts';
import { questionOf, type SimulatedRequest } from './simulated-request.ts';
import type { NamedDocument } from './simulated-policies.ts';

/** The documents of one simulation. */
export interface SimulatedPolicies {
  readonly identity: readonly NamedDocument[];
  readonly boundary: NamedDocument | undefined;
  readonly resource: NamedDocument | undefined;
}

/** When a simulation is asked, and until when it must be answered. */
export interface SimulationClock {
  /** Epoch milliseconds. */
  readonly now: number;
  /** performance.now() milliseconds. */
  readonly deadline: number;
}

/** Statements asked before other requests have their turn: some milliseconds. */
const STATEMENTS_A_TURN = 10_000;
/** A page ends with the action that passes it, well below what a message may hold. */
const MAX_PAGE_BYTES = 1024 * 1024;
/** One action's answer alone. */
const MAX_RESULT_BYTES = 2 * 1024 * 1024;

/**
 * Asks every action on every resource, and answers an action a result, a page of them. The marker is the number of the next action.
 * @throws PolicyEvaluation when an answer would be too large or take too long; ValidationException for a marker that no answer gave
 */
export async function runSimulation(
  request: SimulatedRequest,
  policies: SimulatedPolicies,
  { marker, maxItems = DEFAULT_ITEMS }: PageRequest,
  clock: SimulationClock,
): Promise<iam.SimulateCustomPolicyResponse> {
  const turn = turnTaker(policies, clock.deadline);
  const evaluationResults: iam.EvaluationResult[] = [];
  let next = marker === undefined ? 0 : startOf(marker, request.actions.length);
  for (let bytes = 0; next < request.actions.length && evaluationResults.length < maxItems && bytes < MAX_PAGE_BYTES; next++) {
    const action = request.actions[next] ?? '';
    const answers: ResourceAnswer[] = [];
    for (const arn of request.resources ?? [undefined]) {
      const simulation = answerTo(request, policies, action, arn, clock.now);
      bytes += sizeOf(simulation);
      if (bytes > MAX_RESULT_BYTES) break;
      answers.push({ arn, simulation });
      await turn();
    }
    if (bytes > MAX_RESULT_BYTES && evaluationResults.length > 0) break;
    if (bytes > MAX_RESULT_BYTES) fail('PolicyEvaluation', 'The answer is too large; ask about fewer resources or with fewer policies.');
    evaluationResults.push(evaluationResult(action, answers));
  }
  const isTruncated = next < request.actions.length;
  return iam.SimulateCustomPolicyResponse.create({
    evaluationResults,
    isTruncated,
    marker: isTruncated ? writeMarker(String(next)) : undefined,
  });
}

function answerTo(
  request: SimulatedRequest,
  { identity, boundary, resource }: SimulatedPolicies,
  action: string,
  arn: string | undefined,
  now: number,
): Simulation {
  return simulate({
    ...questionOf(request, action, arn, resource, now),
    identity,
    ...(boundary === undefined ? {} : { boundary }),
    ...(resource === undefined ? {} : { resource }),
  });
}

/** Lets others have their turn after so many statements, and ends what has no time left. */
function turnTaker({ identity, boundary, resource }: SimulatedPolicies, deadline: number): () => Promise<void> {
  const documents = [...identity, boundary, resource].filter((document) => document !== undefined);
  const statements = documents.reduce((sum, { policy, keys }) => sum + policy.statements.length + keys.length, 1);
  let asked = 0;
  return async () => {
    asked += statements;
    if (asked < STATEMENTS_A_TURN) return;
    asked = 0;
    if (performance.now() > deadline) fail('PolicyEvaluation', 'The simulation takes too long; ask about fewer actions and resources.');
    await setImmediate();
  };
}

function startOf(marker: string, actions: number): number {
  const start = readMarker(marker);
  return /^\d{1,6}$/.test(start) && Number(start) < actions ? Number(start) : fail('ValidationException', 'Invalid Marker.');
}

/** About what a resource's result takes in the answer. */
function sizeOf({ matched, missing }: Simulation): number {
  return RESULT_BYTES + matched.length * STATEMENT_BYTES + missing.reduce((sum, name) => sum + name.length + 4, 0);
}

const RESULT_BYTES = 300;
/** Name of a policy up to 200 characters and two positions. */
const STATEMENT_BYTES = 120;
