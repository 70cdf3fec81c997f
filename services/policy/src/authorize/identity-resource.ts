import type { authorize, options, Operation } from '@trent/contracts';
import { options as contract } from '@trent/contracts';
import { fail } from '@trent/errors';
import { parseArn } from '@trent/identifiers';
import { foldCase } from '@trent/policy-evaluator';
import type { Principal } from '../accounts/credentials.ts';

/** What of IAM a request is authorised on. */
export interface IdentityResource {
  readonly arn: string;
  readonly account: string;
  /** Condition keys that follow from it: its tags, its boundary. */
  readonly context: ReadonlyMap<string, readonly string[]>;
}

/** What the store knows of a user, role, group or managed policy, for the decision about it. */
export interface KnownIdentity {
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly boundaryArn: string | null;
}

/** Looks an identity up; undefined: there is none. */
export interface IdentityLookup {
  readonly byName: (account: string, kind: string, name: string, deadline: number) => Promise<KnownIdentity | undefined>;
  readonly byArn: (arn: string, deadline: number) => Promise<KnownIdentity | undefined>;
  readonly ofAccessKey: (accessKeyId: string, deadline: number) => Promise<KnownIdentity | undefined>;
}

/**
 * The resource of an IAM action (service authorization reference, "Identity and Access Management"). Undefined when the operation has none.
 * What does not exist is decided on under the path `/`: whether it is there is told to those alone who may ask.
 */
export async function identityResource(
  lookup: IdentityLookup,
  item: authorize.AuthorizeItem,
  { option }: Operation,
  principal: Principal,
  deadline: number,
): Promise<IdentityResource | undefined> {
  if (option.resource !== contract.Resource.RESOURCE_IDENTITY || option.identity === undefined) return undefined;
  const { kind } = option.identity;
  const { resourceName: name } = item;
  const account = principal.accountId;
  switch (kind) {
    case 'arn':
    case 'principal':
      return of(account, name, await lookup.byArn(name, deadline));
    case 'oidc-url':
      return of(account, `arn:aws:iam::${account}:oidc-provider/${name.replace(/^https:\/\//i, '')}`, undefined);
    case 'access-key':
      return of(account, `arn:aws:iam::${account}:user/*`, await lookup.ofAccessKey(name, deadline));
    default:
      return named(lookup, item, option.identity, principal, deadline);
  }
}

async function named(
  lookup: IdentityLookup,
  item: authorize.AuthorizeItem,
  { kind, pathMember }: options.IdentityUse,
  principal: Principal,
  deadline: number,
): Promise<IdentityResource> {
  const { resourceName: name, resourcePath: path } = item;
  const account = principal.accountId;
  if (name === '') return of(account, principal.holder.arn, await lookup.byArn(principal.holder.arn, deadline));
  const made = `arn:aws:iam::${account}:${kind}${path === '' ? '/' : path}${name}`;
  return of(account, made, pathMember === '' ? await lookup.byName(account, kind, name, deadline) : undefined);
}

function of(account: string, arn: string, known: KnownIdentity | undefined): IdentityResource {
  const parts = parseArn(known?.arn ?? arn) ?? fail('ValidationException', `ARN ${arn.slice(0, 128)} is not valid.`);
  const context = new Map<string, readonly string[]>();
  for (const [key, value] of Object.entries(known?.tags ?? {})) {
    context.set(foldCase(`iam:ResourceTag/${key}`), [value]);
    context.set(foldCase(`aws:ResourceTag/${key}`), [value]);
  }
  if (typeof known?.boundaryArn === 'string') context.set('iam:permissionsboundary', [known.boundaryArn]);
  // AWS's own policies belong to every account.
  return { arn: parts.arn, account: parts.account === 'aws' ? account : parts.account, context };
}
