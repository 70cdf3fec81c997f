export { connect } from './connect.ts';
export type { ConnectOptions, TrentClient } from './connect.ts';
export type { BatchCalls, BatchName } from './batch-calls.ts';
export type { CallOptions } from './call-options.ts';
export { requestIdOf } from './request-ids.ts';
export type { Input } from './complete-request.ts';
export { cloudtrail, kms, sts } from '@trent/contracts';
export { isTrentError, TrentError } from '@trent/errors';
