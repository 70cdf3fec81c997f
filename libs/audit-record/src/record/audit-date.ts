const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** A time as CloudTrail writes it inside requestParameters and responseElements: "Aug 10, 2022, 10:38:27 PM", UTC. */
export function auditDate(date: Date): string {
  const hours = date.getUTCHours();
  const clock = `${String(hours % 12 === 0 ? 12 : hours % 12)}:${twoDigits(date.getUTCMinutes())}:${twoDigits(date.getUTCSeconds())}`;
  const month = MONTHS[date.getUTCMonth()];
  if (month === undefined) return 'Invalid Date';
  return `${month} ${String(date.getUTCDate())}, ${String(date.getUTCFullYear())}, ${clock} ${hours < 12 ? 'AM' : 'PM'}`;
}

/** A record's eventTime: ISO 8601 in whole seconds, UTC. */
export function eventTime(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19)}Z`;
}

function twoDigits(value: number): string {
  return value < 10 ? `0${String(value)}` : String(value);
}
