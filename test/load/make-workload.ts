import { randomBytes } from 'node:crypto';
import type { ClusterAccess } from './cluster-access.ts';
import { openOwnToken } from './hsm.ts';
import type { LoadOperation } from './operation-mix.ts';
import { openHttps } from './targets/https.ts';
import { ENCRYPTION_CONTEXT, PLAINTEXT_BYTES, type Workload } from './workload.ts';

const WARM_CIPHERTEXTS = 64;
/** More than a worker keeps message keys, or remembers having seen, by orders of magnitude: in turn, each is new to it every time. */
const COLD_CIPHERTEXTS = 8_192;

/** Makes a key of the run's own and what the operations need. Each call is one request that is recorded. */
export async function makeWorkload(access: ClusterAccess, operations: readonly LoadOperation[]): Promise<Workload> {
  const https = openHttps(access.https);
  try {
    const { KeyMetadata } = (await https.call('CreateKey', { Description: 'load' })) as { KeyMetadata: { Arn: string } };
    const keyArn = KeyMetadata.Arn;
    const ciphertexts: Buffer[] = [];
    for (let i = 0; i < WARM_CIPHERTEXTS && operations.includes('decrypt'); i++) {
      const members = { KeyId: keyArn, Plaintext: randomBytes(PLAINTEXT_BYTES).toString('base64') };
      const { CiphertextBlob } = await https.call('Encrypt', { ...members, EncryptionContext: Object.fromEntries(ENCRYPTION_CONTEXT) });
      ciphertexts.push(Buffer.from(CiphertextBlob as string, 'base64'));
    }
    const coldCiphertexts = operations.includes('decrypt-cold')
      ? await (await openOwnToken(access, keyArn)).coldCiphertexts(COLD_CIPHERTEXTS)
      : [];
    return { keyArn, ciphertexts, coldCiphertexts };
  } finally {
    https.close();
  }
}
