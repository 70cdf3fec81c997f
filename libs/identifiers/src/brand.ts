declare const brand: unique symbol;

/** A `T` that went through the one function that may call it a `B`; no cost at run time. */
export type Branded<T, B extends string> = T & { readonly [brand]: Readonly<Record<B, true>> };

/** Twelve decimal digits. */
export type AccountId = Branded<string, 'AccountId'>;
/** `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` in lower-case hex, or `mrk-` and 32 of them (multi-Region). */
export type KeyId = Branded<string, 'KeyId'>;
/** Material id: 64 lower-case hex digits that name one backing key of a KMS key. */
export type BackingKeyId = Branded<string, 'BackingKeyId'>;
/** Any well-formed Amazon Resource Name. */
export type Arn = Branded<string, 'Arn'>;
/** `arn:aws:kms:<region>:<account>:key/<key id>` */
export type KeyArn = Branded<Arn, 'KeyArn'>;
/** `alias/` and at least one of `[a-zA-Z0-9/_-]`, 256 characters in all. */
export type AliasName = Branded<string, 'AliasName'>;
/** `arn:aws:kms:<region>:<account>:alias/<name>` */
export type AliasArn = Branded<Arn, 'AliasArn'>;
/** 64 lower-case hex digits. */
export type GrantId = Branded<string, 'GrantId'>;
/** ARN of a user, role, role session, federated user or account root. */
export type PrincipalArn = Branded<Arn, 'PrincipalArn'>;
/** UUID of one request, the same in the answer's header and in the audit record. */
export type RequestId = Branded<string, 'RequestId'>;
/** UUID of one audit record. */
export type EventId = Branded<string, 'EventId'>;
/** Milliseconds since 1970-01-01T00:00:00Z, a non-negative integer. */
export type EpochMillis = Branded<number, 'EpochMillis'>;
/** AWS's form of a region's name, as `eu-west-1`: at most 32 characters. */
export type RegionName = Branded<string, 'RegionName'>;
