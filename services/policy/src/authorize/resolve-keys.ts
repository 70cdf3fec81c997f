import type { authorize, Operation } from '@trent/contracts';
import { fail } from '@trent/errors';
import {
  aliasArn,
  isMultiRegionKeyId,
  keyArn,
  parseKeyReference,
  type AccountId,
  type KeyId,
  type KeyReference,
  type RegionName,
} from '@trent/identifiers';
import { foreignAccessDeniedMessage } from '@trent/policy-evaluator';
import type { Principal } from '../accounts/credentials.ts';
import type { KeyView, KeyViews } from './key-views.ts';

/** One key that the operation touches, as far as it can be told without looking it up. */
export interface KeyTarget {
  readonly reference: KeyReference | 'ciphertext';
  readonly query: authorize.KeyQuery;
  /** IAM action on this key. */
  readonly action: string;
}

/** AWS's text for a ciphertext whose key is gone, elsewhere or foreign (kms-api §4). */
const CIPHERTEXT_KEY_UNKNOWN =
  'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.';

/**
 * Reads the references of a request.
 * @throws NotFoundException, InvalidArnException for malformed ones (kms-api §1.4); AccessDeniedException for a ciphertext of another region
 */
export function readTargets(item: authorize.AuthorizeItem, operation: Operation, principal: Principal): KeyTarget[] {
  return item.keys.map((query, index) => {
    const use = operation.option.keys[index];
    const action = use?.action === '' || use === undefined ? operation.action : use.action;
    if (query.reference !== '') {
      const context = { region: item.region as RegionName, account: principal.accountId as AccountId, aliases: use?.aliases ?? false };
      return { reference: parseKeyReference(query.reference, context), query, action };
    }
    if (query.ciphertextKeyId === '') fail('ValidationException', `${use?.member ?? 'KeyId'} is required.`);
    if (!mayBeHere(query, item.region)) fail('AccessDeniedException', CIPHERTEXT_KEY_UNKNOWN);
    return { reference: 'ciphertext', query, action };
  });
}

/**
 * A single-Region key's ciphertext is of use in its Region alone. A multi-Region key's names the group of Regions, and whichever relative is here
 * opens it; that it is of this group, the crypto worker finds.
 */
function mayBeHere({ ciphertextKeyId, ciphertextRegion }: authorize.KeyQuery, region: string): boolean {
  return ciphertextRegion === region || isMultiRegionKeyId(ciphertextKeyId as KeyId);
}

/** The Region whose keys a target is one of. */
function regionOf({ query }: KeyTarget, itemRegion: string): string {
  return query.region === '' ? itemRegion : query.region;
}

/**
 * Leaves out relatives in another Region that are not there: that is no matter of who may do what, and the room says what is wrong with the
 * request.
 */
export function withoutMissingRelatives(
  targets: readonly KeyTarget[],
  views: readonly (KeyView | undefined)[],
): { readonly targets: readonly KeyTarget[]; readonly found: readonly (KeyView | undefined)[] } {
  if (!views.includes(undefined)) return { targets, found: views };
  const isThere = (index: number): boolean => views[index] !== undefined || targets[index]?.query.region === '';
  return { targets: targets.filter((_, index) => isThere(index)), found: views.filter((_, index) => isThere(index)) };
}

/** The view of a target if it is held. */
export function heldView(views: KeyViews, itemRegion: string, principal: Principal, target: KeyTarget): KeyView | undefined {
  const { reference, query } = target;
  const region = regionOf(target, itemRegion);
  if (reference === 'ciphertext') return views.byKeyId(region, query.ciphertextKeyId);
  switch (reference.kind) {
    case 'keyId':
    case 'keyArn':
      return views.byKeyId(region, reference.keyId);
    case 'aliasName':
      return views.byAlias(region, principal.accountId, reference.aliasName);
    case 'aliasArn':
      return views.byAlias(region, reference.account, reference.aliasName);
  }
}

/** Loads the view of a target; undefined: it does not exist. */
export function loadView(
  views: KeyViews,
  itemRegion: string,
  principal: Principal,
  target: KeyTarget,
  deadline: number,
): Promise<KeyView | undefined> {
  const { reference, query } = target;
  const region = regionOf(target, itemRegion);
  if (reference === 'ciphertext') return views.loadByKeyId(region, query.ciphertextKeyId, deadline);
  switch (reference.kind) {
    case 'keyId':
    case 'keyArn':
      return views.loadByKeyId(region, reference.keyId, deadline);
    case 'aliasName':
      return views.loadByAlias(region, principal.accountId, reference.aliasName, deadline);
    case 'aliasArn':
      return views.loadByAlias(region, reference.account, reference.aliasName, deadline);
  }
}

/**
 * The view that the caller may be told of, else what AWS answers: in the own account what is missing is NotFound, of another account nothing is
 * told but that access is denied; a bare key id means a key of the own account.
 */
export function existing(
  view: KeyView | undefined,
  target: KeyTarget,
  operation: Operation,
  principal: Principal,
  region: string,
): KeyView {
  const { reference } = target;
  if (reference === 'ciphertext') return view ?? fail('AccessDeniedException', CIPHERTEXT_KEY_UNKNOWN);
  const owner = 'account' in reference ? reference.account : principal.accountId;
  const isForeign = owner !== principal.accountId;
  if (isForeign && !operation.option.crossAccount) fail('AccessDeniedException', foreignAccessDeniedMessage(principal.arn, target.action));
  if (view?.accountId === owner) return view;
  if (isForeign) fail('AccessDeniedException', foreignAccessDeniedMessage(principal.arn, target.action));
  const account = owner as AccountId;
  if ('keyId' in reference) fail('NotFoundException', `Key '${keyArn(region as RegionName, account, reference.keyId)}' does not exist`);
  return fail('NotFoundException', `Alias ${aliasArn(region as RegionName, account, reference.aliasName)} is not found.`);
}

/** Alias ARN by which the caller came, or ''. */
export function aliasOf(target: KeyTarget, view: KeyView): string {
  const { reference } = target;
  if (reference === 'ciphertext' || 'keyId' in reference) return '';
  return aliasArn(view.region, view.accountId, reference.aliasName);
}
