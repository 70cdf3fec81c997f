export { makeSoftHsmToken, startBackends, startNats, startPostgres, startRedis } from './test-backends.ts';
export type { PostgresAccess, TestBackends, TestNats, TestPostgres, TestRedis, TestToken } from './test-backends.ts';
export { ManagedProcess, type Command } from './managed-process.ts';
export { freePort, freePorts, isPortFree } from './free-ports.ts';
export { waitUntil, type Verdict } from './wait-until.ts';
export type { NatsUser } from './backends/nats-permissions.ts';
export type { PostgresRole } from './backends/postgres.ts';
export { up, type UpOptions } from './commands/up.ts';
export { down, reset } from './commands/down.ts';
export { logs, type LogOptions } from './commands/logs.ts';
export { status, statusOf, type ClusterStatus, type ProcessStatus } from './commands/status.ts';
export { clusterFolder, readSettings, type ClusterFolder, type ClusterSettings } from './cluster/settings.ts';
export { accountVariables, readEnvFile, writeEnvFile, type AccountEnvironment } from './accounts/env-file.ts';
export { openAccount, operatorOf } from './accounts/open-account.ts';
export { clusterCertificates, ensureCertificates } from './pki/cluster-certificates.ts';
export { HSM_NAMES, type HsmName } from './backends/hsm.ts';
export { fetchSoftokn } from './install/fetch-softokn.ts';
export { softHsmModulePath, softoknFolder, softoknModulePath } from './programs.ts';
export { attachCluster, startCluster, type TestCluster, type TestClusterOptions } from './test-cluster.ts';
export { fetchAwsCli, type AwsCli } from './install/fetch-aws-cli.ts';
export type { AccountAdmin, FreezeKind } from './accounts/account-admin.ts';
export { fetchPythonPackages, type PythonPackages } from './install/fetch-python-packages.ts';
export {
  attachXksProxy,
  newProxyCredential,
  startXksProxy,
  type ProxyPort,
  type TestXksProxy,
  type XksProxyPlace,
} from './xks-proxy/start-xks-proxy.ts';
export type { ProxyFault, ProxyOperation } from './xks-proxy/faults.ts';
export type { SeenRequest } from './xks-proxy/proxy-server.ts';
export type { ExternalKeySettings, ProxyCredential } from './xks-proxy/settings.ts';
