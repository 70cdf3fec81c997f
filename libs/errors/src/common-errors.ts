import { receiver, sender } from './error-row.ts';
import type { RowWithoutName } from './error-row.ts';

/**
 * Errors that every operation may answer although no service model lists them.
 * Source: AWS general reference "Common errors"; spelling and status of the Query protocol as STS and IAM answer it.
 */
export const commonErrors = {
  AccessDeniedException: sender('PERMISSION_DENIED', { queryCode: 'AccessDenied', queryHttp: 403 }),
  NotAuthorizedException: sender('PERMISSION_DENIED', { queryCode: 'NotAuthorized' }),
  OptInRequired: sender('PERMISSION_DENIED', { http: 403 }),
  ValidationException: sender('INVALID_ARGUMENT', { queryCode: 'ValidationError' }),
  SerializationException: sender('INVALID_ARGUMENT', { queryCode: 'MalformedInput' }),
  UnknownOperationException: sender('UNIMPLEMENTED', { queryCode: 'InvalidAction' }),
  RequestEntityTooLargeException: sender('INVALID_ARGUMENT', { http: 413, queryCode: 'RequestEntityTooLarge' }),
  ThrottlingException: sender('RESOURCE_EXHAUSTED', { retryable: true, queryCode: 'Throttling' }),

  MissingAuthenticationTokenException: sender('UNAUTHENTICATED', { queryCode: 'MissingAuthenticationToken', queryHttp: 403 }),
  IncompleteSignatureException: sender('UNAUTHENTICATED', { queryCode: 'IncompleteSignature' }),
  UnrecognizedClientException: sender('UNAUTHENTICATED', { queryCode: 'InvalidClientTokenId', queryHttp: 403 }),
  InvalidSignatureException: sender('UNAUTHENTICATED', { queryCode: 'SignatureDoesNotMatch', queryHttp: 403 }),
  ExpiredTokenException: sender('UNAUTHENTICATED', { queryCode: 'ExpiredToken', queryHttp: 403 }),

  InternalFailure: receiver('INTERNAL'),
  ServiceUnavailableException: receiver('UNAVAILABLE', { http: 503, queryCode: 'ServiceUnavailable' }),
} satisfies Record<string, RowWithoutName>;
