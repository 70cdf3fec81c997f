/** Why a ceremony stops. */
export type CeremonyReason =
  | 'malformed'
  | 'expired'
  | 'wrong-package'
  | 'wrong-token'
  | 'not-an-operator'
  | 'bad-signature'
  | 'too-few-operators'
  | 'token-lacks-profile'
  | 'altered-package'
  | 'other-root-set';

/** A ceremony that was refused, with the reason; nothing was left in the token. `code` tells it apart without `instanceof`. */
export class CeremonyError extends Error {
  readonly code = 'CEREMONY';
  override readonly name = 'CeremonyError';
  readonly reason: CeremonyReason;

  constructor(reason: CeremonyReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Stops the ceremony. */
export function refuse(reason: CeremonyReason, message: string, options?: ErrorOptions): never {
  throw new CeremonyError(reason, message, options);
}
