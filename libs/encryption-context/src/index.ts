export { canonicalise, MAX_CONTEXT_BYTES } from './canonicalise.ts';
export type { EncryptionContext } from './canonicalise.ts';
