export { makeSoftHsmToken, startBackends, startNats, startPostgres, startRedis } from './test-backends.ts';
export type { PostgresAccess, TestBackends, TestNats, TestPostgres, TestRedis, TestToken } from './test-backends.ts';
export { ManagedProcess, type Command } from './managed-process.ts';
export { freePort, freePorts, isPortFree } from './free-ports.ts';
export { waitUntil, type Verdict } from './wait-until.ts';
export type { NatsUser } from './backends/nats-permissions.ts';
export type { PostgresRole } from './backends/postgres.ts';
