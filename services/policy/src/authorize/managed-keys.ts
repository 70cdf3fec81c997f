import type { authorize, Operation } from '@trent/contracts';
import { options } from '@trent/contracts';
import { isReservedAliasName } from '@trent/identifiers';
import type { Principal } from '../accounts/credentials.ts';
import type { KeyTarget } from './resolve-keys.ts';

/** The way to keys that services manage: `alias/aws/<service>`. */
export interface ManagedKeys {
  /** Whether the account has a principal that is this service. */
  readonly hasService: (accountId: string, service: string, deadline: number) => Promise<boolean>;
  /** Makes the key and its alias unless they are there. */
  readonly make: (region: string, accountId: string, service: string, deadline: number) => Promise<void>;
}

const PREFIX = 'alias/aws/';

/**
 * Makes the key behind `alias/aws/<service>` of the caller's account if this is its first use: by the service itself, or by somebody who asks
 * what it is (API reference, DescribeKey: "If you call the DescribeKey operation on a predefined AWS alias, that is, an AWS alias with no key ID,
 * AWS KMS creates an AWS managed key"). Whether the caller may do what they ask is decided on the key that is there then.
 * @returns whether the alias is there now and was not before
 */
export async function isBornOfFirstUse(
  managed: ManagedKeys,
  item: authorize.AuthorizeItem,
  operation: Operation,
  principal: Principal,
  target: KeyTarget,
  deadline: number,
): Promise<boolean> {
  const service = serviceNamed(target, principal);
  if (service === undefined || item.authenticateOnly) return false;
  const isOfService = operation.option.room === options.Room.ROOM_CRYPTO_WORKER && principal.holder.service === service;
  const isAskedFor = operation.name === 'kms.DescribeKey' && (await managed.hasService(principal.accountId, service, deadline));
  if (!isOfService && !isAskedFor) return false;
  await managed.make(item.region, principal.accountId, service, deadline);
  return true;
}

function serviceNamed({ reference }: KeyTarget, { accountId }: Principal): string | undefined {
  if (reference === 'ciphertext' || 'keyId' in reference || !isReservedAliasName(reference.aliasName)) return undefined;
  return reference.kind === 'aliasArn' && reference.account !== accountId ? undefined : reference.aliasName.slice(PREFIX.length);
}
