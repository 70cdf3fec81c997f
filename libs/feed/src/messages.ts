import { feed } from '@trent/contracts';
import { seal, unseal, type SealKey } from './seal.ts';

/** A change of something that others hold in view: names and versions only. */
export type Change = feed.Change;
/** What a follower asks of the writer. */
export type RenewRequest = feed.RenewRequest;
/** What the writer answers: the lease, and what the follower has missed. */
export type RenewResponse = feed.RenewResponse;

/** A follower that has left says that it has applied all there will ever be: nobody waits for it. */
export const APPLIED_FOR_EVER = 2n ** 64n - 1n;

/** NATS subject of a feed's changes. */
export function changesSubject(name: string): string {
  return `trent.feed.${name}.changes`;
}

/** NATS subject of what a feed's followers confirm. */
export function confirmsSubject(name: string): string {
  return `trent.feed.${name}.confirms`;
}

/** Sealed message with changes, in the order of their sequences. */
export function encodeChanges(key: SealKey, name: string, changes: Change[]): Buffer {
  const head = changes.at(-1)?.sequence ?? 0n;
  return seal(key, 'changes', name, feed.Changes.encode({ name, changes, head }).finish());
}

/** The changes of a sealed message; undefined when it is not one of this feed. */
export function decodeChanges(key: SealKey, name: string, message: Uint8Array): Change[] | undefined {
  const body = unseal(key, 'changes', name, message);
  return body === undefined ? undefined : feed.Changes.decode(body).changes;
}

/** Sealed message that says how far a follower has applied the feed. */
export function encodeConfirm(key: SealKey, name: string, follower: string, applied: bigint): Buffer {
  return seal(key, 'confirms', name, feed.Confirm.encode({ follower, applied }).finish());
}

/** What a sealed confirm says; undefined when it is not one of this feed. */
export function decodeConfirm(key: SealKey, name: string, message: Uint8Array): { follower: string; applied: bigint } | undefined {
  const body = unseal(key, 'confirms', name, message);
  return body === undefined ? undefined : feed.Confirm.decode(body);
}
