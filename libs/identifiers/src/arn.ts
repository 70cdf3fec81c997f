import { parseAccountId } from './account.ts';
import type { AccountId, AliasArn, AliasName, Arn, KeyArn, KeyId, PrincipalArn, RegionName } from './brand.ts';

/** Longest ARN that any member of the API takes (AWS KMS model, KeyIdType; IAM, arnType). */
export const MAX_ARN_LENGTH = 2048;

/** The six parts of an ARN: `arn:partition:service:region:account:resource`. Region and account may be empty, the resource holds all the rest. */
export interface ArnParts {
  readonly arn: Arn;
  readonly partition: string;
  readonly service: string;
  readonly region: string;
  readonly account: string;
  readonly resource: string;
}

/** Splits an ARN, or undefined if it has not six parts, no partition, service or resource, or is longer than 2048 characters. */
export function parseArn(text: string): ArnParts | undefined {
  if (text.length > MAX_ARN_LENGTH || !text.startsWith('arn:')) return undefined;
  const partitionEnd = text.indexOf(':', 4);
  const serviceEnd = partitionEnd < 0 ? -1 : text.indexOf(':', partitionEnd + 1);
  const regionEnd = serviceEnd < 0 ? -1 : text.indexOf(':', serviceEnd + 1);
  const accountEnd = regionEnd < 0 ? -1 : text.indexOf(':', regionEnd + 1);
  if (accountEnd < 0 || partitionEnd === 4 || serviceEnd === partitionEnd + 1 || accountEnd === text.length - 1) return undefined;
  return {
    arn: text as Arn,
    partition: text.slice(4, partitionEnd),
    service: text.slice(partitionEnd + 1, serviceEnd),
    region: text.slice(serviceEnd + 1, regionEnd),
    account: text.slice(regionEnd + 1, accountEnd),
    resource: text.slice(accountEnd + 1),
  };
}

/** `arn:aws:kms:<region>:<account>:key/<key id>` */
export function keyArn(region: RegionName, account: AccountId, keyId: KeyId): KeyArn {
  return `arn:aws:kms:${region}:${account}:key/${keyId}` as KeyArn;
}

/** `arn:aws:kms:<region>:<account>:alias/<name>`; an alias name carries its `alias/`. */
export function aliasArn(region: RegionName, account: AccountId, aliasName: AliasName): AliasArn {
  return `arn:aws:kms:${region}:${account}:${aliasName}` as AliasArn;
}

/** `arn:aws:iam::<account>:root`, the ARN by which policies mean a whole account. */
export function rootArn(account: AccountId): PrincipalArn {
  return `arn:aws:iam::${account}:root` as PrincipalArn;
}

/**
 * An ARN that can name a principal, or undefined: account root, user, role (IAM), role session or federated user (STS).
 * AWS IAM user guide, "IAM identifiers"; groups are no principals.
 */
export function parsePrincipalArn(text: string): (ArnParts & { readonly arn: PrincipalArn; readonly account: AccountId }) | undefined {
  const parts = parseArn(text);
  if (parts?.partition !== 'aws' || parts.region !== '') return undefined;
  const account = parseAccountId(parts.account);
  if (account === undefined || !mayBePrincipal(parts.service, parts.resource)) return undefined;
  return { ...parts, arn: text as PrincipalArn, account };
}

function mayBePrincipal(service: string, resource: string): boolean {
  if (service === 'iam') return resource === 'root' || hasName(resource, 'user/') || hasName(resource, 'role/');
  if (service !== 'sts') return false;
  if (hasName(resource, 'federated-user/')) return true;
  if (!resource.startsWith('assumed-role/')) return false;
  const session = resource.indexOf('/', 'assumed-role/'.length);
  return session > 'assumed-role/'.length && session < resource.length - 1;
}

function hasName(resource: string, prefix: string): boolean {
  return resource.startsWith(prefix) && resource.length > prefix.length && !resource.endsWith('/');
}
