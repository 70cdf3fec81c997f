import type { metadata } from '@trent/contracts';
import { fail } from '@trent/errors';
import { isInStore } from '@trent/key-token';
import type { PermitKey, VerifiedPermit } from '@trent/permit';
import type { Session } from '@trent/pkcs11';
import type { BackingKey, BackingKeys, SymmetricKey } from '../keys/backing-keys.ts';
import type { PublicKey, PublicKeys } from '../keys/public-keys.ts';
import type { OpenToken } from '../pool/open-token.ts';
import type { SlowLane } from '../pool/slow-lane.ts';
import type { StoreKeys } from '../stores/store-keys.ts';

/** What an operation leans on. */
export interface OperationDeps {
  readonly token: OpenToken;
  readonly backingKeys: BackingKeys;
  readonly publicKeys: PublicKeys;
  /** Uses of keys that live in custom key stores. */
  readonly storeKeys: StoreKeys;
  /** What key-metadata says of a custom key store, for what is asked of one without a key. @param deadline performance.now() milliseconds */
  readonly loadKeyStore: (request: metadata.LoadKeyStoreRequest, deadline: number) => Promise<metadata.LoadKeyStoreResponse>;
  readonly slowLane: SlowLane;
  /** RSA key pairs, which take seconds. */
  readonly generationLane: SlowLane;
}

/** One permitted use: only verifyPermit makes a VerifiedPermit, so no operation runs without one. */
export interface Use {
  readonly permit: VerifiedPermit;
  readonly tokens: readonly Buffer[];
  /** The request message whose digest the permit carries. */
  readonly input: Buffer;
  /** When the answer is no longer of use, in milliseconds of `performance.now()`. */
  readonly deadline: number;
  /** Throws when the permit has become stale meanwhile; the slow lane asks when a job's turn comes. */
  readonly stillAllowed: () => void;
}

/** The deed: the response message's bytes; a promise where it runs on the slow lane. */
export type OperationFunction = (deps: OperationDeps, use: Use) => Buffer | Promise<Buffer>;

/** The nth key that the permit names, a symmetric one, opened from its token. */
export function keyOf({ backingKeys }: OperationDeps, use: Use, index = 0): SymmetricKey {
  const { token, permitted } = named(use, index);
  if (isInStore(token)) return fail('KMSInternalException', '', { cause: 'a key of a custom key store is used there' });
  return backingKeys.open(token, permitted);
}

/** The nth key that the permit names, an HMAC key, opened from its token. */
export function hmacKeyOf({ backingKeys }: OperationDeps, use: Use, index = 0): BackingKey {
  const { token, permitted } = named(use, index);
  return backingKeys.openSecret(token, permitted, 'hmac');
}

/** The public half of the nth key that the permit names; nothing is unwrapped for it. */
export function publicKeyOf({ publicKeys }: OperationDeps, use: Use, index = 0): PublicKey {
  const { token, permitted } = named(use, index);
  return publicKeys.open(token, permitted);
}

/** The nth key that the permit names, a private one, if it is in the token already: a quick use needs no lane then. */
export function heldPrivateKeyOf({ backingKeys }: OperationDeps, use: Use, index = 0): BackingKey | undefined {
  const { token, permitted } = named(use, index);
  return backingKeys.heldOf(token, permitted);
}

/**
 * Runs work with the nth key that the permit names, a private one, on the slow lane: loaded if it must be, kept in the token until the work is done.
 * @throws DependencyTimeoutException when the deadline passed in the queue; ThrottlingException when the queue is full
 */
export function onSlowLane<R>(
  { backingKeys, slowLane }: OperationDeps,
  use: Use,
  work: (session: Session, key: BackingKey) => Promise<R>,
  index = 0,
): Promise<R> {
  const { token, permitted } = named(use, index);
  const { permit, deadline, stillAllowed } = use;
  return slowLane.run({
    account: permit.account,
    deadline,
    stillAllowed,
    run: (session) => backingKeys.withPrivateKey(session, token, permitted, (key) => work(session, key)),
  });
}

/** The nth key that the permit names, with its token. */
export function named({ permit, tokens }: Use, index: number): { readonly token: Buffer; readonly permitted: PermitKey } {
  const [permitted, token] = [permit.keys[index], tokens[index]];
  if (permitted === undefined || token === undefined)
    return fail('KMSInternalException', '', { cause: 'fewer keys than the operation needs' });
  return { token, permitted };
}

/** Goes on with a value: at once, or when the promise of it settles. */
export function after<A, B>(value: A | Promise<A>, next: (value: A) => B | Promise<B>): B | Promise<B> {
  return value instanceof Promise ? value.then(next) : next(value);
}
