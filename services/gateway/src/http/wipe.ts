import type { DescMessage } from '@bufbuild/protobuf';
import { membersOf } from '@trent/contracts';

const secretsOf = new WeakMap<DescMessage, readonly string[]>();

/**
 * Overwrites buffers that may have held plaintext, once they have been answered. What became a string (the JSON text on both ways) can't be
 * overwritten; the collector and the TLS stack keep copies of their own.
 */
export function wipe(...buffers: readonly (Buffer | undefined)[]): void {
  for (const buffer of buffers) buffer?.fill(0);
}

/** Overwrites the sensitive members of a message. */
export function wipeSecrets(descriptor: DescMessage, message: object): void {
  let secrets = secretsOf.get(descriptor);
  if (secrets === undefined) {
    secrets = membersOf(descriptor).flatMap(({ member, property }) => (member.sensitive ? [property] : []));
    secretsOf.set(descriptor, secrets);
  }
  for (const property of secrets) {
    const value = (message as Record<string, unknown>)[property];
    if (Buffer.isBuffer(value)) value.fill(0);
  }
}
