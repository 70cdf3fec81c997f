import { describe, expect, test } from '@jest/globals';

import { catalogue, grpcStatus, isErrorCode, queryForm } from './index.ts';
import type { ErrorCode, ErrorRow } from './index.ts';

const rows = Object.entries(catalogue) as [ErrorCode, ErrorRow][];

/** Every error that the model of KMS names. */
const kmsModelled = `AlreadyExists CloudHsmClusterInUse CloudHsmClusterInvalidConfiguration CloudHsmClusterNotActive CloudHsmClusterNotFound
  CloudHsmClusterNotRelated Conflict CustomKeyStoreHasCMKs CustomKeyStoreInvalidState CustomKeyStoreNameInUse CustomKeyStoreNotFound
  DependencyTimeout Disabled DryRunOperation ExpiredImportToken IncorrectKey IncorrectKeyMaterial IncorrectTrustAnchor InvalidAliasName
  InvalidArn InvalidCiphertext InvalidGrantId InvalidGrantToken InvalidImportToken InvalidKeyUsage InvalidMarker KMSInternal KMSInvalidMac
  KMSInvalidSignature KMSInvalidState KeyUnavailable LimitExceeded MalformedPolicyDocument NotFound Tag UnsupportedOperation
  XksKeyAlreadyInUse XksKeyInvalidConfiguration XksKeyNotFound XksProxyIncorrectAuthenticationCredential XksProxyInvalidConfiguration
  XksProxyInvalidResponse XksProxyUriEndpointInUse XksProxyUriInUse XksProxyUriUnreachable XksProxyVpcEndpointServiceInUse
  XksProxyVpcEndpointServiceInvalidConfiguration XksProxyVpcEndpointServiceNotFound`
  .split(/\s+/)
  .map((name) => `${name}Exception`);

describe('the AWS JSON wire', () => {
  test.each(kmsModelled)('%s of the model of KMS is in the catalogue under its own name', (name) => {
    expect(isErrorCode(name)).toBe(true);
    expect(catalogue[name as ErrorCode].awsName).toBe(name);
  });

  const serviceFaults = ['DependencyTimeoutException', 'KMSInternalException', 'KeyUnavailableException'];
  test.each(kmsModelled)('%s has the status of its fault: 500 for the service, 400 for the caller', (name) => {
    expect(catalogue[name as ErrorCode].http).toBe(serviceFaults.includes(name) ? 500 : 400);
  });

  const common: [ErrorCode, number][] = [
    ['UnknownOperationException', 400],
    ['SerializationException', 400],
    ['ValidationException', 400],
    ['MissingAuthenticationTokenException', 400],
    ['IncompleteSignatureException', 400],
    ['UnrecognizedClientException', 400],
    ['InvalidSignatureException', 400],
    ['ExpiredTokenException', 400],
    ['AccessDeniedException', 400],
    ['ThrottlingException', 400],
    ['NotAuthorizedException', 400],
    ['OptInRequired', 403],
    ['RequestEntityTooLargeException', 413],
    ['InternalFailure', 500],
    ['ServiceUnavailableException', 503],
    ['InvalidLookupAttributesException', 400],
    ['InvalidTimeRangeException', 400],
    ['InvalidMaxResultsException', 400],
    ['InvalidNextTokenException', 400],
    ['InvalidEventCategoryException', 400],
    ['OperationNotPermittedException', 400],
  ];
  test.each(common)('%s answers %i', (code, http) => {
    expect(catalogue[code]).toMatchObject({ awsName: code, http });
  });
});

describe('the Query wire', () => {
  const spellings: [string, number, ErrorCode][] = [
    ['NoSuchEntity', 404, 'NoSuchEntity'],
    ['EntityAlreadyExists', 409, 'EntityAlreadyExists'],
    ['DeleteConflict', 409, 'DeleteConflict'],
    ['LimitExceeded', 409, 'LimitExceededException'],
    ['MalformedPolicyDocument', 400, 'MalformedPolicyDocumentException'],
    ['InvalidInput', 400, 'InvalidInput'],
    ['ValidationError', 400, 'ValidationException'],
    ['UnmodifiableEntity', 400, 'UnmodifiableEntity'],
    ['PolicyNotAttachable', 400, 'PolicyNotAttachable'],
    ['ConcurrentModification', 409, 'ConcurrentModification'],
    ['EntityTemporarilyUnmodifiable', 409, 'EntityTemporarilyUnmodifiable'],
    ['InvalidAuthenticationCode', 403, 'InvalidAuthenticationCode'],
    ['PackedPolicyTooLarge', 400, 'PackedPolicyTooLarge'],
    ['IDPRejectedClaim', 403, 'IDPRejectedClaim'],
    ['InvalidClientTokenId', 403, 'UnrecognizedClientException'],
    ['SignatureDoesNotMatch', 403, 'InvalidSignatureException'],
    ['ExpiredToken', 403, 'ExpiredTokenException'],
    ['ExpiredTokenException', 400, 'ExpiredIdentityToken'],
    ['AccessDenied', 403, 'AccessDeniedException'],
    ['MissingAuthenticationToken', 403, 'MissingAuthenticationTokenException'],
    ['IncompleteSignature', 400, 'IncompleteSignatureException'],
    ['Throttling', 400, 'ThrottlingException'],
    ['InvalidAction', 400, 'UnknownOperationException'],
    ['ServiceFailure', 500, 'ServiceFailure'],
    ['ServiceFailure', 500, 'KMSInternalException'],
    ['PolicyEvaluation', 500, 'PolicyEvaluation'],
    ['RegionDisabledException', 403, 'RegionDisabledException'],
    ['InvalidIdentityToken', 400, 'InvalidIdentityToken'],
    ['IDPCommunicationError', 400, 'IDPCommunicationError'],
  ];
  test.each(spellings)('%s, %i, is the form of %s', (code, http, of) => {
    expect(queryForm(of)).toMatchObject({ code, http });
  });

  test('the type says whose fault it is', () => {
    expect(queryForm('NoSuchEntity').type).toBe('Sender');
    expect(queryForm('ServiceFailure').type).toBe('Receiver');
  });
});

describe('the gRPC wire', () => {
  const statuses: [ErrorCode, keyof typeof grpcStatus][] = [
    ['NotFoundException', 'NOT_FOUND'],
    ['AccessDeniedException', 'PERMISSION_DENIED'],
    ['ThrottlingException', 'RESOURCE_EXHAUSTED'],
    ['LimitExceededException', 'RESOURCE_EXHAUSTED'],
    ['ValidationException', 'INVALID_ARGUMENT'],
    ['InvalidSignatureException', 'UNAUTHENTICATED'],
    ['UnrecognizedClientException', 'UNAUTHENTICATED'],
    ['MissingAuthenticationTokenException', 'UNAUTHENTICATED'],
    ['IncompleteSignatureException', 'UNAUTHENTICATED'],
    ['ExpiredTokenException', 'UNAUTHENTICATED'],
    ['DisabledException', 'FAILED_PRECONDITION'],
    ['KMSInvalidStateException', 'FAILED_PRECONDITION'],
    ['KMSInternalException', 'INTERNAL'],
    ['DependencyTimeoutException', 'UNAVAILABLE'],
    ['AlreadyExistsException', 'ALREADY_EXISTS'],
    ['UnsupportedOperationException', 'UNIMPLEMENTED'],
    ['UnknownOperationException', 'UNIMPLEMENTED'],
    ['NoSuchEntity', 'NOT_FOUND'],
  ];
  test.each(statuses)('%s is %s', (code, status) => {
    expect(catalogue[code].grpc).toBe(grpcStatus[status]);
  });
});

describe('every row', () => {
  test.each(rows)('%s agrees with itself', (code, row) => {
    expect(row.grpc).not.toBe(grpcStatus.OK);
    expect(row.fault).toBe(row.http >= 500 ? 'receiver' : 'sender');
    expect(queryForm(code).http >= 500).toBe(row.fault === 'receiver');
    expect(row.awsName).toMatch(/^[A-Za-z]+$/);
  });

  const retryable = rows.filter(([, row]) => row.retryable).map(([code]) => code);
  test('a retry is invited by the service’s own failures, throttling and passing conflicts, and by nothing else', () => {
    expect(new Set(retryable)).toEqual(
      new Set([
        ...rows.filter(([, row]) => row.fault === 'receiver').map(([code]) => code),
        'ThrottlingException',
        'ConcurrentModification',
        'EntityTemporarilyUnmodifiable',
        'IDPCommunicationError',
        'OpenIdIdpCommunicationError',
      ]),
    );
  });

  test.each(['', 'toString', '__proto__', 'constructor', 'notfoundexception', 'OK'])('%j is no error code', (text) => {
    expect(isErrorCode(text)).toBe(false);
  });

  test('nobody can change one', () => {
    expect(Object.isFrozen(catalogue)).toBe(true);
    expect(rows.every(([, row]) => Object.isFrozen(row))).toBe(true);
  });
});
