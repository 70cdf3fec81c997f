import { randomBytes, X509Certificate } from 'node:crypto';
import { awsEnum, kms, type invoke } from '@trent/contracts';
import { fail } from '@trent/errors';
import { change, type Call, type Deps } from '../operations/call.ts';
import { insertKeyStore, type KeyStoreSettings, type KeyStoreType } from '../store/key-stores.ts';
import { newProxy } from './proxy-settings.ts';
import { NO_SETTINGS, settingsOf } from './settings.ts';

const typeOf = awsEnum('trent.kms.v1.CustomKeyStoreType');
const FIRST_VERSION = 1n;

/** What CreateCustomKeyStore asks for; whoever has it wipes the secret. */
interface Wanted {
  readonly type: KeyStoreType;
  readonly settings: KeyStoreSettings;
  readonly secret: Buffer;
}

/**
 * CreateCustomKeyStore: what it is to be made of is looked at first, the secret is kept sealed, and the store is born disconnected.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateCustomKeyStore.html
 */
export async function createCustomKeyStore(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const request = kms.CreateCustomKeyStoreRequest.decode(call.request.input);
  const { type, settings, secret } = wantedIn(request, call.accountId);
  const { region, accountId, deadline } = call;
  const storeId = `cks-${randomBytes(9).toString('hex').slice(0, 17)}`;
  const store = { ...settings, region, storeId, accountId, name: request.customKeyStoreName ?? '', type };
  try {
    await deps.keyStores.processes.check(settingsOf({ ...store, version: FIRST_VERSION }), secret, deadline);
    const sealedSecret = await deps.keyStores.sealSecret(store, secret, deadline);
    return await change(deps, call, async (tx) => {
      await insertKeyStore(tx, { ...store, sealedSecret });
      return { response: kms.CreateCustomKeyStoreResponse.create({ customKeyStoreId: storeId }), resources: [], changes: [] };
    });
  } finally {
    secret.fill(0);
  }
}

function wantedIn(request: kms.CreateCustomKeyStoreRequest, accountId: string): Wanted {
  const type = (typeOf.toAws(request.customKeyStoreType) ?? 'AWS_CLOUDHSM') as KeyStoreType;
  if (type === 'EXTERNAL_KEY_STORE') return { type, ...newProxy(request, accountId) };
  const { cloudHsmClusterId = '', trustAnchorCertificate: trustAnchor = '', keyStorePassword = '' } = request;
  const settings = { ...NO_SETTINGS, clusterId: cloudHsmClusterId, trustAnchor, trustAnchorDigest: digestOf(trustAnchor) };
  return { type, settings, secret: Buffer.from(keyStorePassword) };
}

/** Clusters with the same certificate share a backup history. @throws IncorrectTrustAnchorException for what is no certificate */
function digestOf(pem: string): Buffer {
  try {
    return Buffer.from(new X509Certificate(pem).fingerprint256.replaceAll(':', ''), 'hex');
  } catch (error) {
    return fail('IncorrectTrustAnchorException', undefined, { cause: error });
  }
}
