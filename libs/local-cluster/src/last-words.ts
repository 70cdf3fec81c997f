import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const TAIL_BYTES = 16 * 1024;

/** The line of a process' log that most likely says why it died: its newest error, else its last line. */
export function lastWords(logFile: string): string {
  const lines = tail(logFile)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^Node\.js v\d/.test(line));
  const last = lines.at(-1) ?? 'without a word';
  return spoken(lines.findLast((line) => isError(line)) ?? last);
}

/** A Node.js stack's first line, one of our log lines of level error or above, or what Postgres, NATS and Redis call fatal. */
function isError(line: string): boolean {
  return /^(?:\w*Error\b|FATAL)|"level":(?:"(?:error|fatal)"|[56]0)|\bFATAL:|\[FTL\]|nats-server: |# Fatal/.test(line);
}

/** Of one of our log lines only what a person needs. */
function spoken(line: string): string {
  if (!line.startsWith('{')) return line;
  try {
    const fields = JSON.parse(line) as Record<string, unknown>;
    return [fields['event'], fields['name'], fields['error.message']].filter((part) => typeof part === 'string').join(': ') || line;
  } catch {
    return line;
  }
}

function tail(file: string): string {
  let handle: number;
  try {
    handle = openSync(file, 'r');
  } catch {
    return '';
  }
  try {
    const { size } = fstatSync(handle);
    const chunk = Buffer.alloc(Math.min(size, TAIL_BYTES));
    const read = readSync(handle, chunk, 0, chunk.length, size - chunk.length);
    return chunk.toString('utf8', 0, read);
  } finally {
    closeSync(handle);
  }
}
