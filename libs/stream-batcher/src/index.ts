export { Batcher, MAX_BATCH_BYTES, MAX_BATCH_ITEMS, WRITE_WINDOW } from './batcher.ts';
export type { BatcherOptions } from './batcher.ts';
export { Patience } from './patience.ts';
export { batchStream, serveBatchStream } from './serve-batch-stream.ts';
export type { BatchCall, BatchItem, BatchResult, ItemContext, ServeOptions } from './serve-batch-stream.ts';
export { estimateBytes } from './estimate-bytes.ts';
export { FairQueue } from './fair-queue.ts';
export { FairTurns } from './fair-turns.ts';
export type { Runnable } from './fair-turns.ts';
