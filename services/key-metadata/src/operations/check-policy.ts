import { fail } from '@trent/errors';
import type { KeyArn } from '@trent/identifiers';
import { evaluate } from '@trent/policy-evaluator';
import { compilePolicy } from '@trent/policy-language';
import type { Call } from './call.ts';

/**
 * The document must be a policy, and leave its maker able to change it (developer guide, "Default key policy", lock-out safety check): by a
 * statement for the caller, or for the account whose IAM policies then decide; what those say is not asked.
 * @param arn of the key that the policy is for
 * @param nowMs epoch milliseconds
 * @throws MalformedPolicyDocumentException, LimitExceededException
 */
export function checkPolicy(call: Call, arn: KeyArn, text: string, bypass: boolean, nowMs: number): void {
  const keyPolicy = compilePolicy(text, 'key');
  if (bypass) return;
  const { caller } = call.request;
  const decision = evaluate(
    {
      // As if root: every right that the key policy gives the account is the caller's.
      principal: { arn: caller?.principalArn ?? '', account: call.accountId, type: 'root', ...roleOf(caller?.identity) },
      action: 'kms:PutKeyPolicy',
      resource: { arn, account: call.accountId },
      context: new Map(),
      now: nowMs,
    },
    { keyPolicy, identity: [], grants: [] },
  );
  if (!decision.allowed) {
    fail('MalformedPolicyDocumentException', 'The new key policy will not allow you to update the key policy in the future.');
  }
}

/** A role session is also meant by a statement that names its role. */
function roleOf(identity: string | undefined): { readonly roleArn?: string } {
  if (identity === undefined || identity === '') return {};
  const { sessionContext } = JSON.parse(identity) as {
    readonly sessionContext?: { readonly sessionIssuer?: { readonly type?: string; readonly arn?: string } };
  };
  const issuer = sessionContext?.sessionIssuer;
  return issuer?.type === 'Role' && issuer.arn !== undefined ? { roleArn: issuer.arn } : {};
}
