import { checked } from './errors.ts';

declare const objectHandle: unique symbol;
/** CK_OBJECT_HANDLE: a 64-bit number of the module, exact as a JavaScript number below 2^53. */
export type ObjectHandle = number & { readonly [objectHandle]: true };

/** Both halves of a generated pair. */
export interface KeyPair {
  readonly publicKey: ObjectHandle;
  readonly privateKey: ObjectHandle;
}

/** A handle that the addon answered, or its failure thrown. */
export function handle(result: number, operation: string): ObjectHandle {
  return checked(result, operation) as ObjectHandle;
}

/** The two handles of a generated pair, or the failure thrown. */
export function pair(result: [number, number] | number): KeyPair {
  const [publicKey, privateKey] = checked<[number, number]>(result, 'generateKeyPair');
  return { publicKey: publicKey as ObjectHandle, privateKey: privateKey as ObjectHandle };
}
