import { receiver, sender } from './error-row.ts';
import type { RowWithoutName } from './error-row.ts';

/**
 * Errors that the model of AWS KMS (2014-11-01) names. Statuses follow the model's `fault`: 400 for clients, 500 for the service.
 * Two of them have another spelling on the Query wire, because IAM and STS know an error of the same meaning.
 */
export const kmsErrors = {
  AlreadyExistsException: sender('ALREADY_EXISTS'),
  ConflictException: sender('ABORTED'),
  DisabledException: sender('FAILED_PRECONDITION'),
  DryRunOperationException: sender('FAILED_PRECONDITION'),
  ExpiredImportTokenException: sender('FAILED_PRECONDITION'),
  IncorrectKeyException: sender('INVALID_ARGUMENT'),
  IncorrectKeyMaterialException: sender('INVALID_ARGUMENT'),
  IncorrectTrustAnchorException: sender('INVALID_ARGUMENT'),
  InvalidAliasNameException: sender('INVALID_ARGUMENT'),
  InvalidArnException: sender('INVALID_ARGUMENT'),
  InvalidCiphertextException: sender('INVALID_ARGUMENT'),
  InvalidGrantIdException: sender('INVALID_ARGUMENT'),
  InvalidGrantTokenException: sender('INVALID_ARGUMENT'),
  InvalidImportTokenException: sender('INVALID_ARGUMENT'),
  InvalidKeyUsageException: sender('INVALID_ARGUMENT'),
  InvalidMarkerException: sender('INVALID_ARGUMENT'),
  KMSInvalidMacException: sender('INVALID_ARGUMENT'),
  KMSInvalidSignatureException: sender('INVALID_ARGUMENT'),
  KMSInvalidStateException: sender('FAILED_PRECONDITION'),
  LimitExceededException: sender('RESOURCE_EXHAUSTED', { queryCode: 'LimitExceeded', queryHttp: 409 }),
  MalformedPolicyDocumentException: sender('INVALID_ARGUMENT', { queryCode: 'MalformedPolicyDocument' }),
  NotFoundException: sender('NOT_FOUND'),
  TagException: sender('INVALID_ARGUMENT'),
  UnsupportedOperationException: sender('UNIMPLEMENTED'),

  DependencyTimeoutException: receiver('UNAVAILABLE', { queryCode: 'ServiceFailure' }),
  KeyUnavailableException: receiver('UNAVAILABLE'),
  KMSInternalException: receiver('INTERNAL', { queryCode: 'ServiceFailure' }),

  CloudHsmClusterInUseException: sender('FAILED_PRECONDITION'),
  CloudHsmClusterInvalidConfigurationException: sender('FAILED_PRECONDITION'),
  CloudHsmClusterNotActiveException: sender('FAILED_PRECONDITION'),
  CloudHsmClusterNotFoundException: sender('NOT_FOUND'),
  CloudHsmClusterNotRelatedException: sender('FAILED_PRECONDITION'),
  CustomKeyStoreHasCMKsException: sender('FAILED_PRECONDITION'),
  CustomKeyStoreInvalidStateException: sender('FAILED_PRECONDITION'),
  CustomKeyStoreNameInUseException: sender('ALREADY_EXISTS'),
  CustomKeyStoreNotFoundException: sender('NOT_FOUND'),
  XksKeyAlreadyInUseException: sender('ALREADY_EXISTS'),
  XksKeyInvalidConfigurationException: sender('FAILED_PRECONDITION'),
  XksKeyNotFoundException: sender('NOT_FOUND'),
  XksProxyIncorrectAuthenticationCredentialException: sender('FAILED_PRECONDITION'),
  XksProxyInvalidConfigurationException: sender('FAILED_PRECONDITION'),
  XksProxyInvalidResponseException: sender('FAILED_PRECONDITION'),
  XksProxyUriEndpointInUseException: sender('ALREADY_EXISTS'),
  XksProxyUriInUseException: sender('ALREADY_EXISTS'),
  XksProxyUriUnreachableException: sender('FAILED_PRECONDITION'),
  XksProxyVpcEndpointServiceInUseException: sender('ALREADY_EXISTS'),
  XksProxyVpcEndpointServiceInvalidConfigurationException: sender('FAILED_PRECONDITION'),
  XksProxyVpcEndpointServiceNotFoundException: sender('NOT_FOUND'),
} satisfies Record<string, RowWithoutName>;
