import { randomBytes } from 'node:crypto';
import { fail } from '@trent/errors';
import type { SecretBytes } from '@trent/secret-bytes';

/** Where the key is kept, and who seals it. */
export interface FreezeKeyDeps {
  readonly find: (deadline: number) => Promise<Buffer | undefined>;
  readonly insert: (sealedKey: Buffer, deadline: number) => Promise<void>;
  readonly seal: (plaintext: Buffer, label: string, deadline: number) => Promise<Buffer>;
  readonly unseal: (sealed: Buffer, label: string, deadline: number) => Promise<SecretBytes>;
}

const LABEL = 'freeze-key';
const KEY_BYTES = 32;
const CALL_MS = 3_000;

/** The key of all replicas, made by the first of them and read once at the start: later it is there without Postgres and HSM. */
export async function loadFreezeKey({ find, insert, seal, unseal }: FreezeKeyDeps): Promise<SecretBytes> {
  const deadline = performance.now() + CALL_MS;
  if ((await find(deadline)) === undefined) await insert(await seal(randomBytes(KEY_BYTES), LABEL, deadline), deadline);
  return unseal((await find(deadline)) ?? fail('ServiceFailure'), LABEL, deadline);
}
