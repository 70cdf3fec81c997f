export { openBatchLink } from './batch-link.ts';
export type { BatchLink, BatchLinkOptions } from './batch-link.ts';
export type { Resolve } from './endpoint-set.ts';
export type { BatchMethod } from './endpoint-stream.ts';
export type { CallOptions, Lane } from './pending-call.ts';
export { openUnaryLink } from './unary-link.ts';
export type { UnaryCallOptions, UnaryLink, UnaryLinkOptions } from './unary-link.ts';
