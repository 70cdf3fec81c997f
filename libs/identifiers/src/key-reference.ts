import { fail } from '@trent/errors';

import { parseAccountId } from './account.ts';
import { ALIAS_PREFIX, parseAliasName } from './alias-name.ts';
import { MAX_ARN_LENGTH, parseArn } from './arn.ts';
import type { AccountId, AliasName, KeyId, RegionName } from './brand.ts';
import { parseKeyId } from './key-id.ts';

/** What a `KeyId` member can hold. Aliases are resolved by whoever knows them. */
export type KeyReference =
  | { readonly kind: 'keyId'; readonly keyId: KeyId }
  | { readonly kind: 'keyArn'; readonly region: RegionName; readonly account: AccountId; readonly keyId: KeyId }
  | { readonly kind: 'aliasName'; readonly aliasName: AliasName }
  | { readonly kind: 'aliasArn'; readonly region: RegionName; readonly account: AccountId; readonly aliasName: AliasName };

/** Where the reference is read, and whether the operation takes aliases (default: yes). */
export interface ReferenceContext {
  readonly region: RegionName;
  readonly account: AccountId;
  readonly aliases?: boolean;
}

/**
 * Reads a `KeyId` member: key id, key ARN, alias name or alias ARN. Whether the thing exists is not its business.
 * Texts of the errors: AWS KMS answers as recorded (an ARN of another Region is "not found", not "invalid").
 * @throws {TrentError} NotFoundException for a malformed id or alias, or an ARN of another Region; InvalidArnException for an ARN that is
 *   none, is not of KMS, or names an alias where only keys are allowed
 */
export function parseKeyReference(text: string, context: ReferenceContext): KeyReference {
  const keyId = parseKeyId(text);
  if (keyId !== undefined) return { kind: 'keyId', keyId };
  if (text.startsWith('arn:')) return parseArnReference(text, context);
  if (text.startsWith(ALIAS_PREFIX) && context.aliases !== false) {
    return { kind: 'aliasName', aliasName: aliasNameOrNotFound(text, context.region, context.account) };
  }
  return fail('NotFoundException', `Invalid keyId '${shorten(text)}'`);
}

function parseArnReference(text: string, context: ReferenceContext): KeyReference {
  const parts = parseArn(text);
  const account = parts && parseAccountId(parts.account);
  if (parts?.partition !== 'aws' || parts.service !== 'kms' || account === undefined) return invalidArn(text);
  const resource = parts.resource;
  const isAlias = resource.startsWith(ALIAS_PREFIX);
  if (!isAlias && !resource.startsWith('key/')) return invalidArn(text);
  if (parts.region !== context.region) return fail('NotFoundException', `Invalid arn ${parts.region}`);
  const region = context.region;
  if (!isAlias) {
    const id = resource.slice(4);
    const keyId = parseKeyId(id) ?? fail('NotFoundException', `Invalid keyId '${id}'`);
    return { kind: 'keyArn', region, account, keyId };
  }
  if (context.aliases === false) return fail('InvalidArnException', 'Key Aliases are not supported for this operation.');
  return { kind: 'aliasArn', region, account, aliasName: aliasNameOrNotFound(resource, region, account) };
}

/** An alias that cannot exist is answered as one that does not. */
function aliasNameOrNotFound(text: string, region: RegionName, account: AccountId): AliasName {
  return parseAliasName(text) ?? fail('NotFoundException', `Alias arn:aws:kms:${region}:${account}:${shorten(text)} is not found.`);
}

function invalidArn(text: string): never {
  return fail('InvalidArnException', `Invalid arn ${shorten(text)}`);
}

/** The member's limit is checked before; this keeps an answer bounded even if it was not. */
function shorten(text: string): string {
  return text.length > MAX_ARN_LENGTH ? text.slice(0, MAX_ARN_LENGTH) : text;
}
