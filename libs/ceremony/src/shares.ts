import { SecretBytes } from '@trent/secret-bytes';
import { reveal } from '@trent/secret-bytes/reveal';
import { Decrypter, Encrypter } from 'age-encryption';
import { combine, split } from 'shamir-secret-sharing';
import { refuse } from './ceremony-error.ts';

/**
 * Splits the KEK into `count` shares of which `threshold` give it back (Shamir over GF(2^8)). With a threshold of one,
 * each share is the KEK itself.
 */
export async function splitKek(kek: SecretBytes, count: number, threshold: number): Promise<SecretBytes[]> {
  if (threshold === 1) return Array.from({ length: count }, () => SecretBytes.copyOf(reveal(kek)));
  // The library takes plain Uint8Arrays alone.
  const copy = new Uint8Array(reveal(kek));
  const shares = await split(copy, count, threshold);
  copy.fill(0);
  return shares.map(takeOver);
}

/** Joins shares. Too few or foreign ones give a wrong KEK without an error: the package's seal tells. */
export async function joinShares(shares: readonly SecretBytes[], threshold: number): Promise<SecretBytes> {
  const [first] = shares;
  if (first !== undefined && threshold === 1) return SecretBytes.copyOf(reveal(first));
  const copies = shares.slice(0, threshold).map((share) => new Uint8Array(reveal(share)));
  try {
    return takeOver(await combine(copies));
  } catch (error) {
    return refuse('altered-package', 'the shares do not fit together', { cause: error });
  } finally {
    for (const copy of copies) copy.fill(0);
  }
}

/** Encrypts a share to a recipient: age, base64. */
export async function sealShare(share: SecretBytes, recipient: string): Promise<string> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return Buffer.from(await encrypter.encrypt(new Uint8Array(reveal(share)))).toString('base64');
}

/** Opens a share with an identity. */
export async function openShare(sealed: string, identity: string): Promise<SecretBytes> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  try {
    return takeOver(await decrypter.decrypt(new Uint8Array(Buffer.from(sealed, 'base64'))));
  } catch (error) {
    return refuse('malformed', 'a share does not open with this identity', { cause: error });
  }
}

function takeOver(bytes: Uint8Array): SecretBytes {
  const secret = SecretBytes.copyOf(bytes);
  bytes.fill(0);
  return secret;
}
