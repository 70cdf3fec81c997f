import type { kms } from '@trent/contracts';
import type { Call, Deps } from '../operations/call.ts';
import type { KeyStoreRow, KeyStoreSettings } from '../store/key-stores.ts';
import { changedProxy } from './proxy-settings.ts';
import { settingsOf } from './settings.ts';

/**
 * What changes of an external key store's proxy, once the proxy has answered under the new settings; its secret sealed.
 * @throws ValidationException; XksProxy… exceptions as CreateCustomKeyStore
 */
export async function proxyChanges(
  deps: Pick<Deps, 'keyStores'>,
  { deadline }: Pick<Call, 'deadline'>,
  store: KeyStoreRow,
  request: kms.UpdateCustomKeyStoreRequest,
): Promise<Partial<KeyStoreSettings & Pick<KeyStoreRow, 'sealedSecret'>>> {
  const { settings, secret: newSecret } = changedProxy(store, request);
  if (Object.keys(settings).length === 0) return {};
  const { processes, sealSecret, unsealSecret } = deps.keyStores;
  const secret = newSecret ?? (await unsealSecret(store, deadline));
  try {
    await processes.check(settingsOf({ ...store, ...settings, version: store.version + 1n }), secret, deadline);
    if (newSecret === undefined) return settings;
    return { ...settings, sealedSecret: await sealSecret(store, newSecret, deadline) };
  } finally {
    secret.fill(0);
  }
}
