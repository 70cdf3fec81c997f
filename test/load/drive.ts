import { setTimeout as delay } from 'node:timers/promises';
import { dueAtMs, dueBy, totalArrivals, type Schedule } from './arrivals.ts';
import { Measurement, type RunFigures } from './measurement.ts';

/** Does the nth request of a run; resolves when it is answered well. */
export type DoRequest = (n: number) => Promise<unknown>;

/** Requests of an open loop that may be without an answer: past it the system is drowning, and more would only measure this process. */
const MAX_UNANSWERED = 20_000;

/** Thrown for arrivals that were due while MAX_UNANSWERED had no answer. */
class NotSent extends Error {
  readonly code = 'not-sent';
}

/**
 * Open loop: requests leave by schedule, however slow the answers are, and each latency counts from the time its request was due. So a stall
 * is felt by all that were due in it (no coordinated omission).
 */
export async function driveOpenLoop(schedule: Schedule, request: DoRequest): Promise<RunFigures> {
  const measurement = new Measurement();
  const begun = performance.now();
  let unanswered = 0;
  let next = 0;
  const { promise: allAnswered, resolve: lastAnswered } = Promise.withResolvers<undefined>();
  const total = totalArrivals(schedule);
  const settled = (): void => {
    unanswered--;
    if (unanswered === 0 && next >= total) lastAnswered(undefined);
  };
  const send = async (n: number): Promise<void> => {
    if (unanswered >= MAX_UNANSWERED) {
      measurement.failed(new NotSent());
      return;
    }
    unanswered++;
    try {
      await request(n);
      measurement.answered(performance.now() - begun - dueAtMs(schedule, n));
    } catch (error) {
      measurement.failed(error);
    }
    settled();
  };
  while (next < total) {
    const due = dueBy(schedule, performance.now() - begun);
    while (next < due) void send(next++);
    if (next < total) await delay(Math.max(0, dueAtMs(schedule, next) - (performance.now() - begun)));
  }
  if (unanswered > 0) await allAnswered;
  return measurement.figures(performance.now() - begun);
}

/** Closed loop: `inFlight` callers, each asking again as soon as it is answered. It measures cost and capacity, not what a user waits. */
export async function driveClosedLoop(inFlight: number, durationMs: number, request: DoRequest): Promise<RunFigures> {
  const measurement = new Measurement();
  const begun = performance.now();
  const end = begun + durationMs;
  let n = 0;
  const caller = async (): Promise<void> => {
    for (let now = performance.now(); now < end;) {
      try {
        await request(n++);
        const after = performance.now();
        measurement.answered(after - now);
        now = after;
      } catch (error) {
        measurement.failed(error);
        now = performance.now();
      }
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  return measurement.figures(performance.now() - begun);
}
