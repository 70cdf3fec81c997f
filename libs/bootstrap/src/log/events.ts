declare const event: unique symbol;

/** Name of a thing that happens, made by `defineEvents` alone: free text does not compile where an event is asked for. */
export type EventName = string & { readonly [event]: true };

const EVENT = /^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$/;

/**
 * Names the events of a part of the code: `defineEvents({ tokenJoined: 'pool.token_joined' })`.
 * @throws {Error} when a name is not lower-case words joined by dots and underscores
 */
export function defineEvents<const Table extends Readonly<Record<string, string>>>(
  table: Table,
): { readonly [Key in keyof Table]: EventName } {
  for (const name of Object.values(table)) if (!EVENT.test(name)) throw new Error(`Not an event name: ${name}`);
  return Object.freeze(table) as unknown as { readonly [Key in keyof Table]: EventName };
}

/** What this library logs. */
export const bootstrapEvents = defineEvents({
  starting: 'service.starting',
  ready: 'service.ready',
  draining: 'service.draining',
  drainStepFailed: 'service.drain_step_failed',
  drainTimedOut: 'service.drain_timed_out',
  stopped: 'service.stopped',
  failed: 'service.failed',
  state: 'service.state',
  trace: 'service.trace',
  adminListening: 'admin.listening',
  grpcListening: 'grpc.listening',
  grpcDenied: 'grpc.denied',
  grpcDefect: 'grpc.defect',
  certificateLoaded: 'tls.certificate_loaded',
  certificateRefused: 'tls.certificate_refused',
  natsConnected: 'nats.connected',
  natsDisconnected: 'nats.disconnected',
  natsReconnecting: 'nats.reconnecting',
  natsError: 'nats.error',
  natsClosed: 'nats.closed',
});
