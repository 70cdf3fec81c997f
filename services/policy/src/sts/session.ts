/** What a web identity token said of its bearer. */
export interface WebIdentity {
  /** ARN of the provider in IAM. */
  readonly provider: string;
  /** Issuer without its scheme: the prefix of its condition keys (`<issuer>:sub`). */
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
}

/** A session as its token carries it: nothing of it is stored anywhere. */
export interface Session {
  /** A role that was assumed, or a user or root with a session of their own (GetSessionToken). */
  readonly kind: 'role' | 'self';
  /** ARN of the role, user or root. */
  readonly holderArn: string;
  /** Its unique id: a role that was deleted and made again is another. */
  readonly holderId: string;
  /** RoleSessionName; empty for a session of one's own. */
  readonly name: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  /** When a code of an MFA device was given; of sessions of one's own alone. */
  readonly mfaAtMs?: number;
  readonly tags: Readonly<Record<string, string>>;
  /** Keys of the tags that go along when the session assumes another role. */
  readonly transitiveTagKeys: readonly string[];
  readonly sourceIdentity?: string;
  /** Texts of the session policies; empty: the session has all that the role has. */
  readonly policies: readonly SessionPolicy[];
  readonly webIdentity?: WebIdentity;
}

/** A document that limits a session, and what reasons call it. */
export interface SessionPolicy {
  readonly source: string;
  readonly document: string;
}
