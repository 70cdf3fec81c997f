import { CKR } from './constants.ts';

const names = new Map<number, string>(Object.entries(CKR).map(([name, rv]) => [rv, `CKR_${name}`]));

/** The standard's name of a return value, or its number in hexadecimal when it is the vendor's own. */
export function nameOfReturnValue(rv: number): string {
  return names.get(rv) ?? `CKR_0x${rv.toString(16)}`;
}

/** A PKCS#11 function that did not answer CKR_OK. `code` tells it apart without `instanceof`. */
export class Pkcs11Error extends Error {
  readonly code = 'PKCS11';
  /** The return value, PKCS#11 3.1 §5.1. */
  readonly rv: number;
  /** Its name, e.g. CKR_PIN_INCORRECT. */
  override readonly name: string;
  /** What was called, e.g. `unwrapKey`. */
  readonly operation: string;

  constructor(rv: number, operation: string) {
    const name = nameOfReturnValue(rv);
    super(`${operation}: ${name}`);
    this.rv = rv;
    this.name = name;
    this.operation = operation;
  }
}

/** Tells a PKCS#11 failure from any other, across realms. */
export function isPkcs11Error(error: unknown): error is Pkcs11Error {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'PKCS11' && 'rv' in error;
}

/** Passes on what the addon answered; a negative number is a failed return value. */
export function checked<Result>(result: Result | number, operation: string): Result {
  if (typeof result === 'number' && result < 0) throw new Pkcs11Error(-result, operation);
  return result as Result;
}
