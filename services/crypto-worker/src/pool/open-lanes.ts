import { writeSync } from 'node:fs';
import type { ServiceRuntime } from '@trent/bootstrap';
import type { OpenToken } from './open-token.ts';
import { SlowLane } from './slow-lane.ts';

/** Two RSA operations at a time leave half of libuv's four threads to files, names and key generation. */
const SLOW_SESSIONS = 2;
/** RSA keys are made one at a time: two would only share a core. */
const GENERATION_SESSIONS = 1;
/** Longest that a signature may take, and longest that an RSA-4096 key may: minutes on a machine that does much else. */
const SLOW_PATIENCE_MS = 30_000;
const GENERATION_PATIENCE_MS = 300_000;
const LOOK_EVERY_MS = 1_000;

/**
 * The lanes off the event loop, each with sessions of its own in the token's login, watched: a hung C call cannot be cancelled, so the process ends,
 * which costs one worker and no request beyond a retry.
 */
export function openLanes(
  rt: ServiceRuntime,
  { openSession }: OpenToken,
): { readonly slowLane: SlowLane; readonly generationLane: SlowLane } {
  const lane = (sessions: number): SlowLane => new SlowLane(Array.from({ length: sessions }, openSession), () => performance.now());
  const [slowLane, generationLane] = [lane(SLOW_SESSIONS), lane(GENERATION_SESSIONS)];
  rt.debugState('lanes', () => ({ slow: slowLane.state(), generation: generationLane.state() }));
  const timer = setInterval(() => {
    if (slowLane.longestRunMs() > SLOW_PATIENCE_MS || generationLane.longestRunMs() > GENERATION_PATIENCE_MS) endProcess();
  }, LOOK_EVERY_MS);
  timer.unref();
  rt.onDrain('lanes', () => clearInterval(timer));
  return { slowLane, generationLane };
}

/** Not `process.exit`, which waits for the thread that hangs. */
function endProcess(): void {
  writeSync(2, 'watchdog: a call into the PKCS#11 module hangs on a lane; ending the process\n');
  process.kill(process.pid, 'SIGKILL');
}
