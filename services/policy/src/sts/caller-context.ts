import type { WebIdentity } from './session.ts';

/** What authorisation found out that executing the operation needs: it goes through the gateway and comes back with the call. */
export interface CallerContext {
  /** The caller's own session, as far as it goes along into what it assumes. */
  readonly session?: {
    readonly kind: 'role' | 'self';
    /** Tags that stay with whatever the session assumes. */
    readonly transitiveTags: Readonly<Record<string, string>>;
    readonly sourceIdentity?: string;
  };
  readonly webIdentity?: WebIdentity;
  /** Unique ids of the users and roles that a request names, by ARN: what it makes is for them alone. */
  readonly principalIds?: Readonly<Record<string, string>>;
}

/** The context of an operation's caller; of one that policy said nothing of, an empty one. */
export function parseCallerContext(text: string): CallerContext {
  return text === '' ? {} : (JSON.parse(text) as CallerContext);
}
