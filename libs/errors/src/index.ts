export { catalogue, isErrorCode, queryForm } from './catalogue.ts';
export type { ErrorCode } from './catalogue.ts';
export type { ErrorRow } from './error-row.ts';
export { grpcStatus } from './grpc-status.ts';
export type { GrpcStatus } from './grpc-status.ts';
export { asTrentError, fail, isTrentError, TrentError, trentError } from './trent-error.ts';
export type { ErrorOptions } from './trent-error.ts';
export { failUndecided, isUndecided } from './undecided.ts';
