import type { iam } from '@trent/contracts';
import { fail } from '@trent/errors';
import { parseAccountId, parseArn } from '@trent/identifiers';
import type { AuthorisationRequest, Principal } from '@trent/policy-evaluator';
import { suppliedKeys } from './context-entries.ts';
import { checkScenario } from './resource-handling.ts';
import type { NamedDocument } from './simulated-policies.ts';

/** What both simulations have in common. */
export type SimulationInput = Pick<
  iam.SimulateCustomPolicyRequest,
  | 'actionNames'
  | 'resourceArns'
  | 'resourcePolicy'
  | 'resourceOwner'
  | 'callerArn'
  | 'contextEntries'
  | 'resourceHandlingOption'
  | 'maxItems'
  | 'marker'
>;

/** A simulation whose parts are read and checked: every action is asked on every resource. */
export interface SimulatedRequest {
  readonly actions: readonly string[];
  /** Absent: all resources, `*`. */
  readonly resources: readonly string[] | undefined;
  readonly caller: Principal;
  /** Account of resources whose ARN names none. */
  readonly owner: string;
  readonly supplied: ReadonlyMap<string, readonly string[]>;
}

const ACTION = /^[A-Za-z0-9-]{1,64}:[A-Za-z0-9]{1,128}$/;
const ENTITY = /^(user|role|group)\/./;

/**
 * Reads what both simulations have in common.
 * @param account of the one who asks
 * @param known the caller when none is named, or when that very one is
 * @throws InvalidInput for names and ARNs that are none, and for what the service documents as not supported
 */
export function readSimulation(input: SimulationInput, account: string, known: Principal | undefined): SimulatedRequest {
  for (const action of input.actionNames) if (!ACTION.test(action)) fail('InvalidInput', `Invalid action name: ${action}`);
  const isForAll = input.resourceArns.length === 0 || input.resourceArns.every((arn) => arn === '*');
  for (const arn of input.resourceArns)
    if (arn !== '*' && parseArn(arn) === undefined) fail('InvalidInput', `Invalid resource ARN: ${arn}`);
  checkScenario(input.resourceHandlingOption, input.resourceArns);
  const caller = callerOf(input.callerArn, known);
  if (input.resourcePolicy !== undefined) checkCallerOfResource(caller);
  return {
    actions: input.actionNames,
    resources: isForAll ? undefined : input.resourceArns,
    caller: caller ?? { arn: '', account, type: 'user' },
    owner: ownerOf(input.resourceOwner) ?? caller?.account ?? account,
    supplied: suppliedKeys(input.contextEntries),
  };
}

function callerOf(arn: string | undefined, known: Principal | undefined): Principal | undefined {
  if (arn === undefined || arn === known?.arn) return known;
  return simulatedPrincipal(arn) ?? fail('InvalidInput', `Invalid caller ARN: ${arn}. It must be of a user, group or role.`);
}

/** A user, role or group by its ARN, as the one who asks; a group has no name in policies. Undefined for other ARNs. */
export function simulatedPrincipal(arn: string): Principal | undefined {
  const parts = parseArn(arn);
  const kind = parts?.service === 'iam' ? ENTITY.exec(parts.resource)?.[1] : undefined;
  const account = parts === undefined ? undefined : parseAccountId(parts.account);
  if (kind === undefined || account === undefined) return undefined;
  if (kind === 'role') return { arn, account, type: 'role-session', roleArn: arn };
  return { arn: kind === 'user' ? arn : '', account, type: 'user' };
}

/** "Simulation of resource-based policies isn't supported for IAM roles", and whom the policy means must be known (API reference). */
function checkCallerOfResource(caller: Principal | undefined): void {
  if (caller?.type === 'role-session') fail('InvalidInput', 'Simulation of resource-based policies is not supported for IAM roles.');
  if (caller === undefined || caller.arn === '') fail('InvalidInput', 'CallerArn must be the ARN of a user when ResourcePolicy is given.');
}

/** An account id, or the ARN of its root. */
function ownerOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const account = /^arn:aws:iam::(\d{12}):root$/.exec(text)?.[1] ?? parseAccountId(text);
  return account ?? fail('InvalidInput', `Invalid resource owner: ${text}`);
}

/** The question about one action on one resource. */
export function questionOf(
  { caller, owner, supplied }: SimulatedRequest,
  action: string,
  resource: string | undefined,
  policy: NamedDocument | undefined,
  now: number,
): { readonly request: AuthorisationRequest; readonly isKey: boolean } {
  const named = resource === undefined || resource === '*' ? undefined : parseArn(resource);
  const account = parseAccountId(named?.account ?? '') ?? owner;
  const isOfKms = /^kms:/i.test(action);
  return {
    isKey: isOfKms && (named === undefined || (named.service === 'kms' && named.resource.startsWith('key/'))),
    request: {
      principal: caller,
      action,
      // A policy of the resource asks to whom it belongs, also where it is any.
      resource: named === undefined ? (policy === undefined ? '*' : { arn: '*', account }) : { arn: named.arn, account },
      context: NOTHING_ELSE,
      supplied,
      now,
    },
  };
}

const NOTHING_ELSE: AuthorisationRequest['context'] = { get: () => undefined };
