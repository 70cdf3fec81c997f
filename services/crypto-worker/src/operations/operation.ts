import { fail } from '@trent/errors';
import type { VerifiedPermit } from '@trent/permit';
import type { BackingKeys, SymmetricKey } from '../keys/backing-keys.ts';
import type { OpenToken } from '../pool/open-token.ts';

/** What an operation leans on. */
export interface OperationDeps {
  readonly token: OpenToken;
  readonly backingKeys: BackingKeys;
}

/** One permitted use: only verifyPermit makes a VerifiedPermit, so no operation runs without one. */
export interface Use {
  readonly permit: VerifiedPermit;
  readonly tokens: readonly Buffer[];
  /** The request message whose digest the permit carries. */
  readonly input: Buffer;
}

/** The deed: the response message's bytes. */
export type OperationFunction = (deps: OperationDeps, use: Use) => Buffer;

/** The nth key that the permit names, a symmetric one, opened from its token. */
export function keyOf({ backingKeys }: OperationDeps, { permit, tokens }: Use, index = 0): SymmetricKey {
  const [permitted, token] = [permit.keys[index], tokens[index]];
  if (permitted === undefined || token === undefined)
    return fail('KMSInternalException', '', { cause: 'fewer keys than the operation needs' });
  return backingKeys.open(token, permitted);
}

/** The bytes of an encoded message, without a copy. */
export function bytesOf(writer: { finish(): Uint8Array }): Buffer {
  const bytes = writer.finish();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
