import type { AccountId, RegionName } from '@trent/identifiers';

/**
 * The policy of a key that a service manages for an account (AWS KMS developer guide, "AWS managed keys"; it is that of alias/aws/s3): all of the
 * account use it through the service, nobody does otherwise, the account may look at it, and nobody changes it.
 */
export function managedKeyPolicy(account: AccountId, region: RegionName, service: string): string {
  const throughService = {
    Sid: `Allow access through ${service} for all principals in the account that are authorized to use ${service}`,
    Effect: 'Allow',
    Principal: { AWS: '*' },
    Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
    Resource: '*',
    Condition: { StringEquals: { 'kms:CallerAccount': account, 'kms:ViaService': viaService(service, region) } },
  };
  const metadata = {
    Sid: 'Allow direct access to key metadata to the account',
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${account}:root` },
    Action: ['kms:Describe*', 'kms:Get*', 'kms:List*'],
    Resource: '*',
  };
  return JSON.stringify({ Version: '2012-10-17', Id: `auto-${service}-1`, Statement: [throughService, metadata] }, null, 2);
}

/** What `kms:ViaService` is for requests of a service: `s3.eu-west-1.amazonaws.com`. */
export function viaService(service: string, region: string): string {
  return `${service}.${region}.amazonaws.com`;
}
