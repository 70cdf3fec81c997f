/** When requests are due: the nth `n / rate` seconds after the start, whatever happened to those before. */
export interface Schedule {
  readonly ratePerSecond: number;
  readonly durationMs: number;
}

/** How many requests the schedule has in all. */
export function totalArrivals({ ratePerSecond, durationMs }: Schedule): number {
  return Math.floor((ratePerSecond * durationMs) / 1000);
}

/** When the nth request (from 0) is due, in milliseconds after the start. */
export function dueAtMs({ ratePerSecond }: Schedule, n: number): number {
  return (n * 1000) / ratePerSecond;
}

/** How many requests are due so far: those whose time is not after `elapsedMs`. */
export function dueBy(schedule: Schedule, elapsedMs: number): number {
  if (elapsedMs < 0) return 0;
  return Math.min(totalArrivals(schedule), Math.floor((elapsedMs * schedule.ratePerSecond) / 1000) + 1);
}
