import { iam } from '@trent/contracts';
import { fail } from '@trent/errors';
import { contextKeysOf, foldCase } from '@trent/policy-language';
import type { Reader } from '../../store/identities.ts';
import { documentsOf, findSource, type SourceRow } from '../../store/simulated.ts';
import { reads } from '../call.ts';
import { given } from '../names.ts';
import { exclusionsOf } from './exclusions.ts';
import { runSimulation } from './run-simulation.ts';
import { attachedDocument, inputDocuments, resourceDocument, type NamedDocument } from './simulated-policies.ts';
import { readSimulation, simulatedPrincipal } from './simulated-request.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html */
const simulatePrincipalPolicy = reads(iam.SimulatePrincipalPolicyRequest, async (db, { accountId, now, deadline }, input) => {
  const source = await sourceNamed(db, accountId, input.policySourceArn);
  const isExcluded = exclusionsOf(input.policyExclusionList);
  const rows = (await documentsOf(db, source.arn)).filter((row) => !isExcluded(row));
  const request = readSimulation(input, accountId, principalOf(source));
  const attached = (usage: 'permissions' | 'boundary') => rows.filter((row) => row.usage === usage).map(attachedDocument);
  const policies = {
    identity: [...attached('permissions'), ...inputDocuments('PolicyInputList', input.policyInputList)],
    boundary: boundaryInput(input.permissionsBoundaryPolicyInputList) ?? attached('boundary')[0],
    resource: input.resourcePolicy === undefined ? undefined : resourceDocument(input.resourcePolicy),
  };
  return iam.SimulatePrincipalPolicyResponse.create(await runSimulation(request, policies, input, { now, deadline }));
});

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html */
const simulateCustomPolicy = reads(iam.SimulateCustomPolicyRequest, (_db, { accountId, now, deadline }, input) => {
  const request = readSimulation(input, accountId, undefined);
  const policies = {
    identity: inputDocuments('PolicyInputList', input.policyInputList),
    boundary: boundaryInput(input.permissionsBoundaryPolicyInputList),
    resource: input.resourcePolicy === undefined ? undefined : resourceDocument(input.resourcePolicy),
  };
  return runSimulation(request, policies, input, { now, deadline });
});

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForPrincipalPolicy.html: boundaries are not asked. */
const getContextKeysForPrincipalPolicy = reads(iam.GetContextKeysForPrincipalPolicyRequest, async (db, { accountId }, input) => {
  const source = await sourceNamed(db, accountId, input.policySourceArn);
  const rows = (await documentsOf(db, source.arn)).filter(({ usage }) => usage === 'permissions');
  inputDocuments('PolicyInputList', input.policyInputList);
  const texts = [...rows.map(({ document }) => document), ...input.policyInputList];
  return iam.GetContextKeysForPrincipalPolicyResponse.create({ contextKeyNames: keyNames(texts) });
});

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForCustomPolicy.html */
const getContextKeysForCustomPolicy = reads(iam.GetContextKeysForCustomPolicyRequest, async (_db, _call, { policyInputList }) => {
  inputDocuments('PolicyInputList', policyInputList);
  return Promise.resolve(iam.GetContextKeysForCustomPolicyResponse.create({ contextKeyNames: keyNames(policyInputList) }));
});

/** @throws InvalidInput for what is no user, group or role, NoSuchEntity */
async function sourceNamed(db: Reader, accountId: string, arn: string | undefined): Promise<SourceRow> {
  const named = given(arn);
  if (simulatedPrincipal(named) === undefined)
    fail('InvalidInput', `Invalid PolicySourceArn: ${named}. It must be of a user, group or role.`);
  return findSource(db, accountId, named);
}

/** The source itself asks, with its tags; a group can't. */
function principalOf({ arn, kind, uniqueId, tags }: SourceRow) {
  const principal = simulatedPrincipal(arn);
  if (principal === undefined || kind === 'Group') return principal;
  return { ...principal, tags, ...(kind === 'User' ? { uniqueId } : {}) };
}

function boundaryInput(texts: readonly string[]): NamedDocument | undefined {
  return inputDocuments('PermissionsBoundaryPolicyInputList', texts)[0];
}

/** Every key once, as it is written first. */
function keyNames(texts: readonly string[]): string[] {
  const names = new Map<string, string>();
  for (const { name } of texts.flatMap(contextKeysOf)) if (!names.has(foldCase(name))) names.set(foldCase(name), name);
  return [...names.values()];
}

/** What policies would decide, and what they ask for. */
export const simulationHandlers = {
  'iam.SimulatePrincipalPolicy': simulatePrincipalPolicy,
  'iam.SimulateCustomPolicy': simulateCustomPolicy,
  'iam.GetContextKeysForPrincipalPolicy': getContextKeysForPrincipalPolicy,
  'iam.GetContextKeysForCustomPolicy': getContextKeysForCustomPolicy,
};
