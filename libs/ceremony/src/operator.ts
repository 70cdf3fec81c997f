import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { z } from 'zod';
import { refuse } from './ceremony-error.ts';

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and hyphens');

const identitySchema = z.strictObject({
  format: z.literal('trent-operator/1'),
  name,
  ageIdentity: z.string().startsWith('AGE-SECRET-KEY-'),
  signingKey: z.base64(),
});

/** The schema of an operator's public part. */
export const cardSchema = z.strictObject({ name, recipient: z.string().startsWith('age1'), signingKey: z.base64() });

/** An operator's secret part: an age identity that opens shares, an Ed25519 key (PKCS #8, base64) that signs requests. */
export type OperatorIdentity = z.infer<typeof identitySchema>;

/** An operator's public part: age recipient, Ed25519 key (SubjectPublicKeyInfo, base64). */
export type OperatorCard = z.infer<typeof cardSchema>;

/** A new operator. The identity belongs into a file of its own, on the operator's own machine. */
export async function createOperator(operatorName: string): Promise<OperatorIdentity> {
  const { privateKey } = generateKeyPairSync('ed25519');
  return identitySchema.parse({
    format: 'trent-operator/1',
    name: operatorName,
    ageIdentity: await generateX25519Identity(),
    signingKey: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
  });
}

/** What others may know of an operator. */
export async function cardOf(operator: OperatorIdentity): Promise<OperatorCard> {
  return {
    name: operator.name,
    recipient: await identityToRecipient(operator.ageIdentity),
    signingKey: createPublicKey(privateKeyOf(operator)).export({ type: 'spki', format: 'der' }).toString('base64'),
  };
}

function privateKeyOf(operator: OperatorIdentity) {
  return createPrivateKey({ key: Buffer.from(operator.signingKey, 'base64'), type: 'pkcs8', format: 'der' });
}

/** Ed25519 (RFC 8032) over the message, base64. */
export function signAs(operator: OperatorIdentity, message: string): string {
  return sign(null, Buffer.from(message, 'utf8'), privateKeyOf(operator)).toString('base64');
}

/** Whether the card's key made the signature. */
export function isSignedBy(card: OperatorCard, message: string, signature: string): boolean {
  const key = createPublicKey({ key: Buffer.from(card.signingKey, 'base64'), type: 'spki', format: 'der' });
  return key.asymmetricKeyType === 'ed25519' && verify(null, Buffer.from(message, 'utf8'), key, Buffer.from(signature, 'base64'));
}

/** Writes an identity to a new file that only its owner reads. Fails when the file exists. */
export function writeOperator(path: string, operator: OperatorIdentity): void {
  writeFileSync(path, `${JSON.stringify(operator, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
}

/** Reads an identity file. */
export function readOperator(path: string): OperatorIdentity {
  const parsed = identitySchema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  return parsed.success ? parsed.data : refuse('malformed', `${path} is not an operator's identity`);
}
