import type { AccountId } from '@trent/identifiers';

/** The policy of a key that is created without one (AWS KMS developer guide, "Default key policy"): the account decides by its IAM policies. */
export function defaultKeyPolicy(account: AccountId): string {
  const statement = {
    Sid: 'Enable IAM User Permissions',
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${account}:root` },
    Action: 'kms:*',
    Resource: '*',
  };
  return JSON.stringify({ Version: '2012-10-17', Id: 'key-default-1', Statement: [statement] }, null, 2);
}
