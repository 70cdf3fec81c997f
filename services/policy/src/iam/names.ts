import { randomBytes } from 'node:crypto';
import { fail } from '@trent/errors';
import { findIdentity, findIdentityByArn, type IdentityRow, type Reader } from '../store/identities.ts';
import type { IamCall } from './call.ts';

/** Base32 as AWS's ids have it. */
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** A unique id of IAM: 21 characters, the prefix of its kind first. */
export function newUniqueId(prefix: string): string {
  return prefix + base32(17);
}

/** As many random characters of Base32. */
export function base32(length: number): string {
  return Array.from(randomBytes(length), (byte) => BASE32[byte & 31]).join('');
}

/** A member that the contract requires: the gateway has refused requests without it. */
export function given<T>(value: T | undefined): T {
  return value ?? fail('ValidationException', 'A required member is missing.');
}

/** The user that a request names; without a name the caller, if that is a user, or the root. @throws NoSuchEntity, ValidationException */
export async function userOrCaller(
  tx: Reader,
  call: IamCall,
  name: string | undefined,
  lock: '' | 'for update' = '',
): Promise<IdentityRow> {
  if (name !== undefined && name !== '') return findIdentity(tx, call.accountId, 'User', name, lock);
  const { callerArn } = call;
  if (!/^arn:aws:iam::\d{12}:(?:root$|user\/)/.test(callerArn)) {
    fail('ValidationException', 'Must specify userName when calling with non-User credentials');
  }
  return findIdentityByArn(tx, callerArn, lock);
}
