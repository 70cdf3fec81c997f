import { catalogue } from './catalogue.ts';
import type { ErrorCode } from './catalogue.ts';

/** Registered symbol: the same in every realm and in every copy of this module, which `instanceof` is not. */
const brand = Symbol.for('trent.error');

/** What may accompany a code and a message. */
export interface ErrorOptions {
  /** Facts for machines; never values of secret members, since they cross the wire. */
  readonly details?: Readonly<Record<string, string>>;
  /** After how many milliseconds a retry makes sense. */
  readonly retryAfterMs?: number;
  /** What led to it: for logs, never for answers. */
  readonly cause?: unknown;
}

/** The one error type of Trent: a code of the catalogue, a message in AWS's form, and what may accompany them. */
export class TrentError extends Error {
  readonly code: ErrorCode;
  // Declared, not defined: absent members stay absent.
  declare readonly details?: Readonly<Record<string, string>>;
  declare readonly retryAfterMs?: number;
  readonly [brand] = true;

  constructor(code: ErrorCode, message = '', options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = catalogue[code].awsName;
    this.code = code;
    if (options.details !== undefined) this.details = options.details;
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
  }
}

/** Makes an error without throwing it, for results of batch items. AWS answers some errors without text: then `message` is absent. */
export function trentError(code: ErrorCode, message?: string, options?: ErrorOptions): TrentError {
  return new TrentError(code, message, options);
}

/**
 * Throws the error `code` with a message in AWS's form.
 * @throws {TrentError} always
 */
export function fail(code: ErrorCode, message?: string, options?: ErrorOptions): never {
  throw new TrentError(code, message, options);
}

/** True for a TrentError of any realm. */
export function isTrentError(error: unknown): error is TrentError {
  return typeof error === 'object' && error !== null && (error as { [brand]?: unknown })[brand] === true;
}

/**
 * Turns whatever was thrown into a TrentError. Anything but a TrentError is a defect: it becomes KMSInternalException without its text,
 * which stays in `cause` for the log.
 */
export function asTrentError(error: unknown): TrentError {
  return isTrentError(error) ? error : new TrentError('KMSInternalException', '', { cause: error });
}
