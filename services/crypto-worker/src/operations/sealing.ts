import { isInStore } from '@trent/key-token';
import { openUnder, readCiphertext, sealUnder } from './envelope.ts';
import { keyOf, named, type OperationDeps, type Use } from './operation.ts';

/** A ciphertext and the symmetric key that made it. */
export interface Sealed {
  readonly arn: string;
  readonly ciphertextBlob: Buffer;
  readonly materialId: string;
}

/** A plaintext, which whoever gets it wipes, and the symmetric key that opened it. */
export interface Opened {
  readonly arn: string;
  readonly plaintext: Buffer;
  readonly materialId: string;
}

/** Whether the nth key that the permit names lives in a custom key store: then its use takes milliseconds and another process. */
export function livesInStore(use: Use, index = 0): boolean {
  return isInStore(named(use, index).token);
}

/** Encrypts under the nth key of the permit: at once in this worker's token, with a promise where the key lives in a custom key store. */
export function seal(
  deps: OperationDeps,
  use: Use,
  context: Map<string, string>,
  plaintext: Uint8Array,
  index = 0,
): Sealed | Promise<Sealed> {
  if (!livesInStore(use, index)) {
    const key = keyOf(deps, use, index);
    return { arn: key.arn, ciphertextBlob: sealUnder(deps.token.session, key, context, plaintext), materialId: key.header.materialId };
  }
  const sealed = deps.storeKeys.seal(storeKeyUse(use, index), context, plaintext);
  return sealed.then(({ arn, materialId, bytes }) => ({ arn, materialId, ciphertextBlob: bytes }));
}

/** Decrypts with the first key of the permit, as `seal`. @throws InvalidCiphertextException */
export function open(
  deps: OperationDeps,
  use: Use,
  context: Map<string, string>,
  ciphertext: Buffer | undefined,
): Opened | Promise<Opened> {
  if (!livesInStore(use)) {
    const key = keyOf(deps, use);
    const plaintext = openUnder(deps.token.session, key, context, readCiphertext(ciphertext));
    return { arn: key.arn, plaintext, materialId: key.header.materialId };
  }
  const opened = deps.storeKeys.open(storeKeyUse(use, 0), context, ciphertext ?? Buffer.alloc(0));
  return opened.then(({ arn, materialId, bytes }) => ({ arn, materialId, plaintext: bytes }));
}

function storeKeyUse(use: Use, index: number) {
  const { permit, deadline } = use;
  return { permit, deadline, ...named(use, index) };
}
