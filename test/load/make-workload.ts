import { randomBytes } from 'node:crypto';
import type { ClusterAccess } from './cluster-access.ts';
import { openOwnToken } from './hsm.ts';
import { operationForms, type LoadKeySpec, type LoadOperation } from './operations.ts';
import { openHttps, type HttpsTarget } from './targets/https.ts';
import { AnsweredError } from './targets/target.ts';
import { awsName, ENCRYPTION_CONTEXT, PLAINTEXT_BYTES, signingAlgorithms, type Signed, type Workload } from './workload.ts';

const WARM_CIPHERTEXTS = 64;
/** More than a worker keeps message keys, or remembers having seen, by orders of magnitude: in turn, each is new to it every time. */
const COLD_CIPHERTEXTS = 8_192;

/** Makes keys of the run's own and what the operations need. Each call is one request that is recorded. */
export async function makeWorkload(access: ClusterAccess, operations: readonly LoadOperation[]): Promise<Workload> {
  const https = openHttps(access.https);
  try {
    const specs = new Set<LoadKeySpec>(['SYMMETRIC_DEFAULT', ...operations.map((operation) => operationForms[operation].key)]);
    const keys: Partial<Record<LoadKeySpec, string>> = {};
    const signed: Partial<Record<LoadKeySpec, Signed>> = {};
    for (const spec of specs) {
      const keyId = await makeKey(https, spec);
      if (keyId === undefined) continue;
      keys[spec] = keyId;
      if (spec in signingAlgorithms) signed[spec] = await signOnce(https, keyId, spec as keyof typeof signingAlgorithms);
    }
    const keyArn = keys.SYMMETRIC_DEFAULT ?? '';
    const ciphertexts: Buffer[] = [];
    for (let i = 0; i < WARM_CIPHERTEXTS && operations.includes('decrypt'); i++) {
      const members = { KeyId: keyArn, Plaintext: randomBytes(PLAINTEXT_BYTES).toString('base64') };
      const { CiphertextBlob } = await https.call('Encrypt', { ...members, EncryptionContext: Object.fromEntries(ENCRYPTION_CONTEXT) });
      ciphertexts.push(Buffer.from(CiphertextBlob as string, 'base64'));
    }
    const coldCiphertexts = operations.includes('decrypt-cold')
      ? await (await openOwnToken(access, keyArn)).coldCiphertexts(COLD_CIPHERTEXTS)
      : [];
    return { keys, ciphertexts, coldCiphertexts, signed };
  } finally {
    https.close();
  }
}

const usages: Readonly<Record<LoadKeySpec, string>> = {
  SYMMETRIC_DEFAULT: 'ENCRYPT_DECRYPT',
  RSA_2048: 'SIGN_VERIFY',
  ECC_NIST_P256: 'SIGN_VERIFY',
  ECC_NIST_EDWARDS25519: 'SIGN_VERIFY',
  HMAC_256: 'GENERATE_VERIFY_MAC',
};

/** @returns the key's ARN; undefined when the cluster's HSMs carry no such keys */
async function makeKey(https: HttpsTarget, spec: LoadKeySpec): Promise<string | undefined> {
  try {
    const answer = await https.call('CreateKey', { Description: 'load', KeySpec: spec, KeyUsage: usages[spec] });
    return (answer as { KeyMetadata: { Arn: string } }).KeyMetadata.Arn;
  } catch (error) {
    if (error instanceof AnsweredError && error.code === 'UnsupportedOperationException') return undefined;
    throw error;
  }
}

async function signOnce(https: HttpsTarget, keyId: string, spec: keyof typeof signingAlgorithms): Promise<Signed> {
  const message = randomBytes(PLAINTEXT_BYTES);
  const members = { KeyId: keyId, Message: message.toString('base64'), SigningAlgorithm: awsName(signingAlgorithms[spec]) };
  const { Signature } = await https.call('Sign', members);
  return { message, signature: Buffer.from(Signature as string, 'base64') };
}
