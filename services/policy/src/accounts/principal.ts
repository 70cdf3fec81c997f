import type { Documents, Principal as Asker } from '@trent/policy-evaluator';
import type { Holder } from './holders.ts';

/** Who calls, as every later step needs it. */
export interface Principal {
  /** Of a session its own ARN, else the holder's. */
  readonly arn: string;
  readonly accountId: string;
  /** Whose change ends what was decided: root, user or role. Permits and fences speak of it. */
  readonly holder: Holder;
  readonly version: bigint;
  /** Empty for certificates. */
  readonly accessKeyId: string;
  /** CloudTrail's userIdentity, JSON. */
  readonly identity: string;
  /** As the evaluator asks for it. */
  readonly asker: Asker;
  readonly documents: Pick<Documents, 'identity' | 'boundary' | 'session'>;
}

/** The principal of an access key or certificate that is a root's or a user's. */
export function principalOf(holder: Holder, accessKeyId: string): Principal {
  const isRoot = holder.kind === 'Root';
  const identity = {
    type: isRoot ? 'Root' : 'IAMUser',
    principalId: holder.uniqueId,
    arn: holder.arn,
    accountId: holder.accountId,
    ...(accessKeyId === '' ? {} : { accessKeyId }),
    ...(isRoot ? {} : { userName: holder.name }),
  };
  return {
    arn: holder.arn,
    accountId: holder.accountId,
    holder,
    version: holder.version,
    accessKeyId,
    identity: JSON.stringify(identity),
    asker: {
      arn: holder.arn,
      account: holder.accountId,
      type: isRoot ? 'root' : 'user',
      uniqueId: holder.uniqueId,
      tags: holder.tags,
    },
    documents: { identity: holder.identity, ...(holder.boundary === undefined ? {} : { boundary: holder.boundary }) },
  };
}
