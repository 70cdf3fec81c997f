import type { CompiledPolicy, PrincipalNames } from '@trent/policy-language';

import type { GrantSource } from './grant-index.ts';
import type { CompiledGrant, GrantConstraints } from './grants.ts';

/** Who asks. */
export interface Principal extends PrincipalNames {
  /** Tags of the user, or of the role and its session: `aws:PrincipalTag/…`. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** One question: may this principal do this to this resource, now and in these circumstances? */
export interface AuthorisationRequest {
  readonly principal: Principal;
  /** `kms:Encrypt`, as the operation table spells it. */
  readonly action: string;
  /** `*` for operations that name no resource: CreateKey, ListKeys, GenerateRandom and others. */
  readonly resource: { readonly arn: string; readonly account: string } | '*';
  /**
   * Condition keys, folded by `foldCase`, to their values. Keys that follow from principal, resource and time are derived here and not taken
   * from here, so that no request can claim them. A map, or what gathers them when it is first asked.
   */
  readonly context: { readonly get: (key: string) => readonly string[] | undefined };
  /** Epoch milliseconds. */
  readonly now: number;
  /** Of simulations alone: what is said of any condition key, also of those that are derived here. */
  readonly supplied?: { readonly get: (key: string) => readonly string[] | undefined };
  /** Of kms:CreateGrant: what the new grant would allow; needed where the right to it comes from a grant. */
  readonly childGrant?: { readonly operations: readonly string[]; readonly constraints?: GrantConstraints };
}

/** What was said about principal and resource. */
export interface Documents {
  /** Absent for a resource that has no policy of its own, such as an alias. */
  readonly keyPolicy?: CompiledPolicy;
  /** Of the user and its groups, or of the role. The account root has none and needs none. */
  readonly identity: readonly CompiledPolicy[];
  readonly boundary?: CompiledPolicy;
  /** Absent or empty: the session is not limited. */
  readonly session?: readonly CompiledPolicy[];
  readonly grants: GrantSource | readonly CompiledGrant[];
}
