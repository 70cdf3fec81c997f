import { awsEnum } from '@trent/contracts';
import { fail } from '@trent/errors';
import { parsePrincipalArn } from '@trent/identifiers';
import type { ChangeOfView } from '@trent/outbox';
import { keyChange } from './call.ts';

/** AWS spellings of grant operations. */
export const grantOperation = awsEnum('trent.kms.v1.GrantOperation');

/** A new grant: every view of the key changes before the answer. It takes nothing from anybody, so permits under way stay good. */
export function grantChange(region: string, keyId: string, version: bigint): ChangeOfView {
  return { ...keyChange(region, keyId, version), kind: 'grant' };
}

/** Ends a dry run when all checks are done; what was changed is rolled back. */
export function dryRun(): never {
  return fail('DryRunOperationException', 'The request would have succeeded, but the DryRun option is set.');
}

/** A principal's ARN. @throws InvalidArnException for what can't name one, as AWS answers for one that names nobody */
export function checkPrincipal(text: string) {
  return parsePrincipalArn(text) ?? fail('InvalidArnException', `ARN does not refer to a valid principal: ${text}`);
}
