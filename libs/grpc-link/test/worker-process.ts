import { createRuntime, openTlsIdentity, silentLogger, startTelemetry } from '@trent/bootstrap';
import { resultOf, serveWorker } from './worker.ts';

/** A worker in a process of its own, for tests that kill it: echoes, "hold" is never answered. Arguments: certificate, key, CA, port. */
const [cert = '', key = '', ca = '', port = '0'] = process.argv.slice(2);
const runtime = createRuntime({
  service: 'crypto-worker',
  instance: 'worker',
  zone: 'a',
  log: silentLogger(),
  tls: openTlsIdentity({ cert, key, ca }, { trustDomain: 'trent', log: silentLogger() }),
  telemetry: await startTelemetry({ service: 'crypto-worker', instance: 'worker', zone: 'a' }, {}),
  onFatal: () => process.exit(1),
});
const bound = await serveWorker(
  runtime,
  (item) => {
    const text = item.input.toString();
    process.send?.({ got: text });
    return text.startsWith('hold') ? new Promise(() => undefined) : resultOf(`${text} by ${String(process.pid)}`);
  },
  Number(port),
);
process.on('SIGTERM', () => void runtime.drain().then(() => process.exit(0)));
process.send?.({ port: bound });
