import { Worker } from 'node:worker_threads';

/** The main thread beats this often. */
const BEAT_MS = 500;
/** Longest that one PKCS#11 call may hold the main thread; the slow ones run elsewhere. */
const PATIENCE_MS = 10_000;

const SOURCE = `
const { workerData } = require('node:worker_threads');
const beats = new Int32Array(workerData.shared);
let last = -1, since = Date.now();
setInterval(() => {
  const now = Atomics.load(beats, 0);
  if (now !== last) { last = now; since = Date.now(); }
  else if (Date.now() - since > workerData.patienceMs) {
    require('node:fs').writeSync(2, 'watchdog: a call into the PKCS#11 module hangs; ending the process\\n');
    process.kill(process.pid, 'SIGKILL');
  }
}, workerData.beatMs);
`;

/**
 * A hung C call cannot be cancelled and holds the whole thread, so a thread beside it watches the heartbeat and ends the process: that costs one
 * worker, and no request beyond a retry.
 */
export function startWatchdog(patienceMs = PATIENCE_MS): Disposable {
  const shared = new SharedArrayBuffer(4);
  const beats = new Int32Array(shared);
  const worker = new Worker(SOURCE, { eval: true, workerData: { shared, patienceMs, beatMs: BEAT_MS } });
  worker.unref();
  const timer = setInterval(() => Atomics.add(beats, 0, 1), BEAT_MS);
  timer.unref();
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer);
      void worker.terminate();
    },
  };
}
