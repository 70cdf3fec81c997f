import { fail } from '@trent/errors';

/** Why a permit was refused: `cause` of the error, for the log alone. The answer is the same for all. */
export type RefusalReason =
  'malformed' | 'not-valid-now' | 'unknown-hour' | 'wrong-tag' | 'other-operation' | 'other-input' | 'other-region';

/** The one answer for every bad permit; only its cause differs. */
export function refuse(reason: RefusalReason): never {
  return fail('AccessDeniedException', 'The permit is not valid for this request.', { cause: reason });
}
