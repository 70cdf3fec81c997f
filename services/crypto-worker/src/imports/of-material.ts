import { fail } from '@trent/errors';
import { isInputFault } from '../pool/token-faults.ts';

/**
 * Uses material as keys of its spec are used; one that the token can't use so is not of the spec.
 * @throws IncorrectKeyMaterialException
 */
export async function ofMaterial<R>(deed: () => Promise<R>): Promise<R> {
  try {
    return await deed();
  } catch (error) {
    if (!isInputFault(error)) throw error;
    return fail('IncorrectKeyMaterialException', undefined, { cause: error });
  }
}
