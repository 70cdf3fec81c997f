import { readFileSync } from 'node:fs';
import { connect, usernamePasswordAuthenticator } from '@nats-io/transport-node';
import { formatHostPort } from '../listen-address.ts';
import { bootstrapEvents } from '../log/events.ts';
import type { NatsConnection, Status } from '@nats-io/transport-node';
import type { natsConfig } from '../config/common.ts';
import type { ConfigOf } from '../config/load-config.ts';
import type { Logger } from '../log/logger.ts';
import type { ServiceRuntime } from '../runtime/service-runtime.ts';

/** What the connection needs to know. */
export type NatsSettings = Pick<ConfigOf<typeof natsConfig>, 'natsServers' | 'natsCa' | 'natsUser' | 'natsPasswordFile'>;

/** Pause between attempts; with the jitter a cluster's clients don't come back all at once. */
const RECONNECT_WAIT_MS = 200;
const RECONNECT_JITTER_MS = 200;
/** A server that vanished without a word is noticed within 6 s. */
const PING_EVERY_MS = 2_000;
const MAX_PINGS_OUT = 2;

/**
 * Connects to NATS, waits until it answers and reconnects for ever. The password is read from its file at each attempt. The runtime's drain
 * flushes and closes the connection; open it early, so that it ends late.
 */
export async function connectNats(settings: NatsSettings, runtime: ServiceRuntime): Promise<NatsConnection> {
  const nats = await connect({
    servers: settings.natsServers.map(formatHostPort),
    name: runtime.instance,
    authenticator: usernamePasswordAuthenticator(settings.natsUser, () => readFileSync(settings.natsPasswordFile, 'utf8').trim()),
    ...(settings.natsCa === undefined ? {} : { tls: { caFile: settings.natsCa } }),
    inboxPrefix: `_INBOX.${settings.natsUser}`, // the server lets a user read its own inbox alone
    waitOnFirstConnect: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_WAIT_MS,
    reconnectJitter: RECONNECT_JITTER_MS,
    reconnectJitterTLS: RECONNECT_JITTER_MS,
    pingInterval: PING_EVERY_MS,
    maxPingOut: MAX_PINGS_OUT,
    noAsyncTraces: true, // else each request makes two errors in advance, with their stacks: a twentieth of key-metadata's work
    ignoreAuthErrorAbort: true, // a password that is being changed is no reason to give up
  });
  let connected = true;
  runtime.log.info(bootstrapEvents.natsConnected, { endpoint: nats.getServer() });
  void logStatus(nats, runtime.log, (state) => (connected = state));
  runtime.readiness('nats', () => connected || 'NATS is not connected');
  runtime.debugState('nats', () => ({ server: nats.getServer(), connected, ...nats.stats() }));
  runtime.onDrain('nats', () => (connected ? nats.drain() : nats.close()));
  return nats;
}

async function logStatus(nats: NatsConnection, log: Logger, setConnected: (state: boolean) => void): Promise<void> {
  for await (const status of nats.status()) logOne(status, log, setConnected);
  const error = await nats.closed();
  log.info(bootstrapEvents.natsClosed, {}, error ?? undefined);
}

function logOne(status: Status, log: Logger, setConnected: (state: boolean) => void): void {
  switch (status.type) {
    case 'disconnect':
      setConnected(false);
      {
        log.warn(bootstrapEvents.natsDisconnected, { endpoint: status.server });
        return;
      }
    case 'reconnect':
      setConnected(true);
      {
        log.info(bootstrapEvents.natsConnected, { endpoint: status.server });
        return;
      }
    case 'error': {
      log.warn(bootstrapEvents.natsError, {}, status.error);
      return;
    }
    default: {
      log.debug(bootstrapEvents.natsReconnecting, { state: status.type });
      return;
    }
  }
}
