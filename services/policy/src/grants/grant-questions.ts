import type { authorize } from '@trent/contracts';
import { fail } from '@trent/errors';
import { parseGrantId } from '@trent/identifiers';
import { foldCase, foreignAccessDeniedMessage, type AuthorisationRequest, type CompiledGrant } from '@trent/policy-evaluator';
import type { Principal as Caller } from '../accounts/credentials.ts';
import type { KeyView } from '../authorize/key-views.ts';
import type { GrantTokens } from './grant-tokens.ts';

const RETIRE_GRANT = 'kms.RetireGrant';
const CREATE_GRANT = 'kms:CreateGrant';

/** The question about the grant to retire with its key and id, also where a token names both. */
export function naming(item: authorize.AuthorizeItem, tokens: GrantTokens): authorize.AuthorizeItem {
  const [token] = item.grantTokens;
  if (item.operation !== RETIRE_GRANT || token === undefined || item.authenticateOnly) return item;
  const { keyArn, grantId } = tokens.read(token);
  const [query] = item.keys;
  return { ...item, grantId, keys: [{ ...(query ?? fail('KMSInternalException')), reference: keyArn }] };
}

/** Whether the question can't be answered without a look at a grant of its own. */
export function isRetirement(item: authorize.AuthorizeItem): boolean {
  return item.operation === RETIRE_GRANT && !item.authenticateOnly;
}

/** The grant to retire, or what AWS answers where there is none; of another account's key not even that is told. */
export function grantToRetire(
  grant: CompiledGrant | undefined,
  item: authorize.AuthorizeItem,
  view: KeyView,
  principal: Caller,
): CompiledGrant {
  if (grant !== undefined) return grant;
  if (parseGrantId(item.grantId) === undefined) fail('InvalidGrantIdException', `Invalid grant ID: ${item.grantId}`);
  if (view.accountId !== principal.accountId) fail('AccessDeniedException', foreignAccessDeniedMessage(principal.arn, 'kms:RetireGrant'));
  return fail('NotFoundException', `Grant ${item.grantId} is not found for ${view.arn}.`);
}

/** What the new grant of a CreateGrant would allow, read from the facts about it: a right that comes from a grant gives no more than it has. */
export function childGrantOf(item: authorize.AuthorizeItem, action: string): Pick<AuthorisationRequest, 'childGrant'> {
  if (action !== CREATE_GRANT) return {};
  const pairs: Record<string, string> = {};
  const values = new Map<string, readonly string[]>();
  for (const { key, values: given } of item.facts) {
    const folded = foldCase(key);
    values.set(folded, given);
    if (folded.startsWith(CONTEXT)) pairs[key.slice(CONTEXT.length)] = given[0] ?? '';
  }
  const type = values.get('kms:grantconstrainttype')?.[0];
  const [sourceArn] = values.get('kms:grantconstraintsourcearn') ?? [];
  return {
    childGrant: {
      operations: values.get('kms:grantoperations') ?? [],
      constraints: {
        ...(type === 'EncryptionContextEquals' ? { encryptionContextEquals: pairs } : {}),
        ...(type === 'EncryptionContextSubset' ? { encryptionContextSubset: pairs } : {}),
        ...(sourceArn === undefined ? {} : { sourceArn }),
      },
    },
  };
}

const CONTEXT = 'kms:encryptioncontext:';
