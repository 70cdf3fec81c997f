import { kms, type invoke } from '@trent/contracts';
import { fail } from '@trent/errors';
import { readKey } from '../store/keys.ts';
import { answer, keyOf, type Call, type Deps } from './call.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyPolicy.html: the text as it was stored. */
export async function getKeyPolicy(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const policyName = kms.GetKeyPolicyRequest.decode(call.request.input).policyName ?? 'default';
  if (policyName !== 'default') fail('NotFoundException', 'No such policy exists');
  const { policy } = await readKey(deps.db, call.region, keyOf(call).keyId);
  return answer(call, { policy, policyName });
}
