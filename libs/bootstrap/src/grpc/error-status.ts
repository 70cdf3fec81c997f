import { errors } from '@trent/contracts';
import { asTrentError, catalogue, isErrorCode, isTrentError, trentError } from '@trent/errors';
import { Metadata, status as statusCode } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import type { ErrorCode, ErrorOptions, TrentError } from '@trent/errors';

/** Trailer that carries a google.rpc.Status. Source: gRPC, "Richer error model". */
const DETAILS_KEY = 'grpc-status-details-bin';
const DETAIL_TYPE = 'type.googleapis.com/trent.errors.v1.ErrorDetail';

/** The error as it stands in a result of a batch. A defect becomes KMSInternalException without its text. */
export function toErrorDetail(error: unknown): errors.ErrorDetail {
  const { code, message, retryAfterMs = 0, details = {} } = asTrentError(error);
  return { code, message, retryAfterMs, details: new Map(Object.entries(details)) };
}

/** The error that a result of a batch carries; a code that the catalogue lacks (a newer peer) becomes KMSInternalException. */
export function fromErrorDetail(detail: errors.ErrorDetail): TrentError {
  if (!isErrorCode(detail.code)) return trentError('KMSInternalException', '', { cause: new Error(`unknown error code ${detail.code}`) });
  const options: { -readonly [Key in keyof ErrorOptions]: ErrorOptions[Key] } = {};
  if (detail.retryAfterMs > 0) options.retryAfterMs = detail.retryAfterMs;
  if (detail.details.size > 0) options.details = Object.fromEntries(detail.details);
  return trentError(detail.code, detail.message, options);
}

/** The error as gRPC sends it: status, message and the detail in `grpc-status-details-bin`. What is a gRPC status already stays as it is. */
export function toServiceError(error: unknown): ServiceError {
  if (isServiceError(error)) return error;
  const trent = asTrentError(error);
  const code = statusCode[statusCode[catalogue[trent.code].grpc] as keyof typeof statusCode];
  const detail = errors.ErrorDetail.encode(toErrorDetail(trent)).finish();
  const details = [{ typeUrl: DETAIL_TYPE, value: Buffer.from(detail) }];
  const metadata = new Metadata();
  metadata.set(DETAILS_KEY, Buffer.from(errors.Status.encode({ code, message: trent.message, details }).finish()));
  return Object.assign(new Error(trent.message, { cause: error }), { code, details: trent.message, metadata });
}

/**
 * The error that a call failed with: the detail when the other side sent one, else what the status means between our own processes. Deadline →
 * DependencyTimeoutException, too much → ThrottlingException, refused identity → AccessDeniedException, all else → KMSInternalException.
 */
export function fromServiceError(error: unknown): TrentError {
  if (isTrentError(error) || !isServiceError(error)) return asTrentError(error);
  const detail = detailOf(error);
  if (detail !== undefined) return fromErrorDetail(detail);
  return trentError(codeOfStatus(error.code), '', { cause: error });
}

/** True for what grpc-js reports and takes as a status: a number as code, a text as details. */
export function isServiceError(error: unknown): error is ServiceError {
  if (typeof error !== 'object' || error === null || isTrentError(error)) return false;
  const { code, details } = error as { code?: unknown; details?: unknown };
  return typeof code === 'number' && typeof details === 'string';
}

/** True when the other side said something of its own, rather than the transport failing on the way. */
export function hasErrorDetail(error: ServiceError): boolean {
  return (metadataOf(error)?.get(DETAILS_KEY).length ?? 0) > 0;
}

/** A status that was made by hand may come without metadata, whatever grpc-js's type says. */
function metadataOf(error: ServiceError): Metadata | undefined {
  return error.metadata;
}

function detailOf(error: ServiceError): errors.ErrorDetail | undefined {
  const [bytes] = metadataOf(error)?.get(DETAILS_KEY) ?? [];
  if (!Buffer.isBuffer(bytes)) return undefined;
  try {
    const any = errors.Status.decode(bytes).details.find((detail) => detail.typeUrl === DETAIL_TYPE);
    return any && errors.ErrorDetail.decode(any.value);
  } catch {
    return undefined; // a proxy's answer, or damage: the status alone counts
  }
}

function codeOfStatus(code: statusCode): ErrorCode {
  switch (code) {
    case statusCode.DEADLINE_EXCEEDED:
      return 'DependencyTimeoutException';
    case statusCode.RESOURCE_EXHAUSTED:
      return 'ThrottlingException';
    case statusCode.PERMISSION_DENIED:
    case statusCode.UNAUTHENTICATED:
      return 'AccessDeniedException';
    default:
      return 'KMSInternalException';
  }
}
