import { randomBytes } from 'node:crypto';
import { accessKeyLabel } from './credentials.ts';

/** Base32 as AWS's access key ids have it: 16 characters behind the prefix. */
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** A new access key: its secret in clear, to be shown once, and sealed, to be stored. */
export interface NewAccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sealed: Buffer;
}

/** Makes an access key; nobody can sign with it before it is stored. */
export async function newAccessKey(
  seal: (plaintext: Buffer, label: string, deadline: number) => Promise<Buffer>,
  deadline: number,
): Promise<NewAccessKey> {
  const accessKeyId = `AKIA${Array.from(randomBytes(16), (byte) => BASE32[byte & 31]).join('')}`;
  // 30 random bytes in Base64 are the 40 characters that every client expects.
  const secretAccessKey = randomBytes(30).toString('base64');
  return { accessKeyId, secretAccessKey, sealed: await seal(Buffer.from(secretAccessKey), accessKeyLabel(accessKeyId), deadline) };
}
