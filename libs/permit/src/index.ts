export { issuePermit } from './issue-permit.ts';
export { LEEWAY_MS, MAX_KEYS, MAX_LIFE_MS, MAX_PERMIT_BYTES, permitHour, preparePermitKey } from './permit.ts';
export type { Permit, PermitKey, VerifiedPermit } from './permit.ts';
export { verifyPermit } from './verify-permit.ts';
export type { ExpectedUse } from './verify-permit.ts';
export type { RefusalReason } from './refuse.ts';
export { readPermit } from './read-permit.ts';
