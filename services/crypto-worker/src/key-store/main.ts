import { loadConfig, runService, startGrpcServer, type ServiceRuntime } from '@trent/bootstrap';
import { startWatchdog } from '../pool/watchdog.ts';
import type { StoreBackend } from './backend.ts';
import { keyStoreConfig, type KeyStoreConfig } from './config.ts';
import { ConnectedStores } from './connected-stores.ts';
import { doorsOf } from './doors.ts';
import { readClusters } from './hsm/clusters.ts';
import { HsmBackend } from './hsm/hsm-backend.ts';
import { xksEgressOf } from './xks/egress-config.ts';
import { XksBackend } from './xks/xks-backend.ts';

const config = loadConfig(keyStoreConfig, process.env, process.argv);
await runService('key-store', config, (rt) => start(rt, config));

/** A process that holds custom key stores connected: it has no root set, no database and no feed, and its callers are two services of the deployment. */
async function start(rt: ServiceRuntime, config: KeyStoreConfig): Promise<void> {
  const watchdog = startWatchdog();
  rt.onDrain('watchdog', () => watchdog[Symbol.dispose]());
  const stores = new ConnectedStores(backendsOf(config), rt.log);
  rt.onDrain('stores', () => stores.closeAll());
  rt.debugState('stores', () => stores.status());
  await startGrpcServer(rt, { listen: [config.grpcListen], bindings: doorsOf(stores) });
}

/** What this process may reach: nothing that its configuration does not name. */
function backendsOf(config: KeyStoreConfig): readonly StoreBackend[] {
  const hsm = config.keyStoreClusters === undefined ? [] : [new HsmBackend(readClusters(config.keyStoreClusters))];
  return [...hsm, new XksBackend(xksEgressOf(config))];
}
