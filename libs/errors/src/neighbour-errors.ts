import { receiver, sender } from './error-row.ts';
import type { RowWithoutName } from './error-row.ts';

/**
 * Errors of IAM (2010-05-08), spelled as its Query protocol spells them: the model's error code, not its shape name.
 * Those that have a twin in KMS or among the common errors (LimitExceeded, AccessDenied, …) are `queryCode`s there.
 */
export const iamErrors = {
  ConcurrentModification: sender('ABORTED', { http: 409, retryable: true }),
  DeleteConflict: sender('FAILED_PRECONDITION', { http: 409 }),
  EntityAlreadyExists: sender('ALREADY_EXISTS', { http: 409 }),
  EntityTemporarilyUnmodifiable: sender('ABORTED', { http: 409, retryable: true }),
  InvalidAuthenticationCode: sender('PERMISSION_DENIED', { http: 403 }),
  InvalidInput: sender('INVALID_ARGUMENT'),
  InvalidUserType: sender('INVALID_ARGUMENT'),
  NoSuchEntity: sender('NOT_FOUND', { http: 404 }),
  NotSupportedService: sender('UNIMPLEMENTED', { http: 404 }),
  OpenIdIdpCommunicationError: sender('UNAVAILABLE', { retryable: true }),
  PasswordPolicyViolation: sender('INVALID_ARGUMENT'),
  PolicyEvaluation: receiver('INTERNAL'),
  PolicyNotAttachable: sender('FAILED_PRECONDITION'),
  ServiceFailure: receiver('INTERNAL'),
  UnmodifiableEntity: sender('FAILED_PRECONDITION'),
} satisfies Record<string, RowWithoutName>;

/**
 * Errors of STS (2011-06-15). `ExpiredIdentityToken` is the name here for the model's ExpiredTokenException (an expired web identity
 * token, 400), because the common ExpiredTokenException (expired credentials of the caller) is ExpiredToken, 403, on this wire.
 */
export const stsErrors = {
  ExpiredIdentityToken: sender('INVALID_ARGUMENT', { awsName: 'ExpiredTokenException' }),
  IDPCommunicationError: sender('UNAVAILABLE', { retryable: true }),
  IDPRejectedClaim: sender('PERMISSION_DENIED', { http: 403 }),
  InvalidAuthorizationMessageException: sender('INVALID_ARGUMENT'),
  InvalidIdentityToken: sender('INVALID_ARGUMENT'),
  PackedPolicyTooLarge: sender('INVALID_ARGUMENT'),
  RegionDisabledException: sender('PERMISSION_DENIED', { http: 403 }),
} satisfies Record<string, RowWithoutName>;

/** Errors of CloudTrail (2013-11-01), operation LookupEvents. Its UnsupportedOperationException is KMS's row. */
export const cloudTrailErrors = {
  InvalidEventCategoryException: sender('INVALID_ARGUMENT'),
  InvalidLookupAttributesException: sender('INVALID_ARGUMENT'),
  InvalidMaxResultsException: sender('INVALID_ARGUMENT'),
  InvalidNextTokenException: sender('INVALID_ARGUMENT'),
  InvalidTimeRangeException: sender('INVALID_ARGUMENT'),
  OperationNotPermittedException: sender('PERMISSION_DENIED'),
} satisfies Record<string, RowWithoutName>;
