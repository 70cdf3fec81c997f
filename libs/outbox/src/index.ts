export { changeTablesSql } from './change-tables.ts';
export type { ChangeOfView, ChangeWork, Idempotency, Outcome } from './commit-change.ts';
export { openWriter } from './open-writer.ts';
export type { ChangeOptions, ChangeWriter, WriterOptions } from './open-writer.ts';
export { publishUntilAcknowledged } from './publish-until-acknowledged.ts';
export type { Publication } from './publish-until-acknowledged.ts';
