import { kms, type invoke } from '@trent/contracts';
import { fail } from '@trent/errors';
import { operationInState } from '@trent/key-model';
import { arnOf, lockKey, readKey, updatePolicy } from '../store/keys.ts';
import { answer, change, keyChange, keyOf, type Call, type Deps } from './call.ts';
import { checkPolicy } from './check-policy.ts';

/** A key has one policy; Resource Access Manager's, under its own name, exists only for keys that are shared through it. */
const POLICY_NAME = 'default';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyPolicy.html: the text as it was stored. */
export async function getKeyPolicy(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const policyName = kms.GetKeyPolicyRequest.decode(call.request.input).policyName ?? POLICY_NAME;
  checkPolicyName(policyName);
  const { policy } = await readKey(deps.db, call.region, keyOf(call).keyId);
  return answer(call, { policy, policyName });
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html */
export function putKeyPolicy(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const {
    policyName = POLICY_NAME,
    policy = '',
    bypassPolicyLockoutSafetyCheck = false,
  } = kms.PutKeyPolicyRequest.decode(call.request.input);
  const { keyId, arn } = keyOf(call);
  return change(deps, call, async (tx) => {
    const key = await lockKey(tx, call.region, keyId);
    operationInState('PutKeyPolicy', key.state, arn);
    checkPolicyName(policyName);
    checkPolicy(call, arnOf(key), policy, bypassPolicyLockoutSafetyCheck, deps.now());
    const version = await updatePolicy(tx, call.region, keyId, policy);
    return { response: {}, resources: [arn], changes: [keyChange(call.region, keyId, version)] };
  });
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeyPolicies.html: there is one, so no marker was ever made. */
export async function listKeyPolicies(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const { marker } = kms.ListKeyPoliciesRequest.decode(call.request.input);
  const key = await readKey(deps.db, call.region, keyOf(call).keyId);
  if (marker !== undefined) fail('InvalidMarkerException');
  operationInState('ListKeyPolicies', key.state, arnOf(key));
  return answer(call, { policyNames: [POLICY_NAME], truncated: false });
}

function checkPolicyName(name: string): void {
  if (name !== POLICY_NAME) fail('NotFoundException', 'No such policy exists');
}
