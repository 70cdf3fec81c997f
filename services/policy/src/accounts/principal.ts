import type { Documents, Principal as Asker } from '@trent/policy-evaluator';
import type { CompiledPolicy } from '@trent/policy-language';
import type { Session } from '../sts/session.ts';
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
  /** Of temporary credentials. */
  readonly session?: Session;
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
    ...invokedBy(holder),
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

/** The principal of temporary credentials: a role's session, or a user or root with a session of their own. */
export function sessionPrincipal(holder: Holder, session: Session, accessKeyId: string, policies: readonly CompiledPolicy[]): Principal {
  const own = session.kind === 'self' ? principalOf(holder, accessKeyId) : roleSession(holder, session, accessKeyId);
  const identity = { ...(JSON.parse(own.identity) as object), sessionContext: sessionContext(holder, session) };
  return {
    ...own,
    identity: JSON.stringify(identity),
    documents: { ...own.documents, ...(policies.length === 0 ? {} : { session: policies }) },
    session,
  };
}

function roleSession(holder: Holder, session: Session, accessKeyId: string): Principal {
  const arn = assumedRoleArn(holder, session.name);
  const uniqueId = `${holder.uniqueId}:${session.name}`;
  const asker: Asker = {
    arn,
    account: holder.accountId,
    type: 'role-session',
    roleArn: holder.arn,
    uniqueId,
    tags: { ...holder.tags, ...session.tags },
  };
  const identity = {
    type: 'AssumedRole',
    principalId: uniqueId,
    arn,
    accountId: holder.accountId,
    ...(accessKeyId === '' ? {} : { accessKeyId }),
    ...invokedBy(holder),
  };
  return { ...principalOf(holder, accessKeyId), arn, identity: JSON.stringify(identity), asker };
}

/**
 * A role that a client certificate is mapped to: the mapping is the trust. The session is named after the SPIFFE id, and begins when the
 * mapping is read.
 */
export function certificateSession(role: Holder, spiffeId: string, now: number): Principal {
  const name = spiffeId
    .replace(/^spiffe:\/\//, '')
    .replaceAll(/[^\w+=,.@-]/g, '-')
    .slice(-MAX_SESSION_NAME);
  const session = { kind: 'role', holderArn: role.arn, holderId: role.uniqueId, name, issuedAtMs: now, expiresAtMs: Infinity } as const;
  return sessionPrincipal(role, { ...session, tags: {}, transitiveTagKeys: [], policies: [] }, '', []);
}

/** AWS STS model, roleSessionNameType. */
const MAX_SESSION_NAME = 64;

/** A session's ARN drops the role's path (IAM user guide, "IAM identifiers"). */
export function assumedRoleArn({ accountId, name }: Holder, sessionName: string): string {
  return `arn:aws:sts::${accountId}:assumed-role/${name}/${sessionName}`;
}

/** CloudTrail user guide, "userIdentity element": invokedBy, the service that made the request. */
function invokedBy({ service }: Holder): object {
  return service === undefined ? {} : { invokedBy: `${service}.amazonaws.com` };
}

/** CloudTrail user guide, "userIdentity element": sessionContext. */
function sessionContext(holder: Holder, session: Session): object {
  const { webIdentity, sourceIdentity } = session;
  const issuer = { type: 'Role', principalId: holder.uniqueId, arn: holder.arn, accountId: holder.accountId, userName: holder.name };
  return {
    ...(session.kind === 'role' ? { sessionIssuer: issuer } : {}),
    ...(webIdentity === undefined
      ? {}
      : {
          webIdFederationData: {
            federatedProvider: webIdentity.provider,
            attributes: { [`${webIdentity.issuer}:sub`]: webIdentity.subject, [`${webIdentity.issuer}:aud`]: webIdentity.audience },
          },
        }),
    attributes: {
      creationDate: `${new Date(session.issuedAtMs).toISOString().slice(0, 19)}Z`,
      mfaAuthenticated: String(session.mfaAtMs !== undefined),
    },
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
  };
}
