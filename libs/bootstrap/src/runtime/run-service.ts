import { startAdminServer } from '../admin/admin-server.ts';
import { bootstrapEvents } from '../log/events.ts';
import { createLogger } from '../log/logger.ts';
import { startTelemetry } from '../telemetry.ts';
import { openTlsIdentity } from '../tls/tls-identity.ts';
import { jsonable } from './jsonable.ts';
import { createRuntime } from './service-runtime.ts';
import type { commonConfig } from '../config/common.ts';
import type { ConfigOf } from '../config/load-config.ts';
import type { ServiceName } from '../grpc/peers.ts';
import type { ServiceRuntime } from './service-runtime.ts';

/** Exit status when a service could not start or could not go on. */
const FAILED = 1;

/**
 * Runs a service: log, telemetry, certificate, admin server; `start` builds its parts and returns when they work, then the process is ready.
 * SIGTERM and SIGINT drain it within 10 s, a second one ends it at once. SIGUSR2 writes its state to the log.
 */
export async function runService(
  service: ServiceName,
  config: ConfigOf<typeof commonConfig>,
  start: (runtime: ServiceRuntime) => Promise<void>,
): Promise<void> {
  const log = createLogger({
    level: config.logLevel,
    fields: { 'service.name': service, 'service.instance.id': config.serviceInstance, zone: config.zone },
  });
  const end = (status: number): void => process.exit(status);
  try {
    const runtime = await openRuntime(service, config, () => end(FAILED), log);
    let started = false;
    runtime.readiness('started', () => started || 'the process is starting');
    watchProcess(runtime, end);
    const admin = await startAdminServer(runtime, config.adminListen);
    log.info(bootstrapEvents.adminListening, { port: admin.port });
    await start(runtime);
    started = true;
    log.info(bootstrapEvents.ready, { duration_ms: Math.round(performance.now()) });
  } catch (error) {
    log.error(bootstrapEvents.failed, { reason: 'the service could not start' }, error);
    end(FAILED);
  }
}

async function openRuntime(
  service: ServiceName,
  config: ConfigOf<typeof commonConfig>,
  onFatal: () => void,
  log: ReturnType<typeof createLogger>,
): Promise<ServiceRuntime> {
  const files = { cert: config.tlsCert, key: config.tlsKey, ca: config.tlsCa };
  const tls = openTlsIdentity(files, { trustDomain: config.trustDomain, log });
  const telemetry = await startTelemetry({ service, instance: config.serviceInstance, zone: config.zone }, process.env);
  const { serviceInstance: instance, zone, trace: traces } = config;
  const runtime = createRuntime({ service, instance, zone, log, tls, telemetry, traces, processMetrics: true, onFatal });
  runtime.onDrain('telemetry', () => telemetry.shutdown());
  runtime.onDrain('certificate', () => tls.close());
  return runtime;
}

function watchProcess(runtime: ServiceRuntime, end: (status: number) => void): void {
  const { log } = runtime;
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) end(FAILED);
    stopping = true;
    log.info(bootstrapEvents.draining, { signal });
    void runtime.drain().then((clean) => {
      log.info(bootstrapEvents.stopped);
      end(clean ? 0 : FAILED);
    });
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('SIGUSR2', () => log.info(bootstrapEvents.state, { detail: JSON.stringify(runtime.state(), jsonable) }));
  // A defect outside of any request: what the process believes may be wrong, so it ends and is started anew.
  process.on('uncaughtException', (error) => runtime.fatal('an exception that nobody caught', error));
  process.on('unhandledRejection', (error) => runtime.fatal('a rejection that nobody handled', error));
}
