import { copyFileSync, existsSync, readdirSync, renameSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';

/** A log that has grown beyond this is set aside; the one set aside before is kept too. */
const LARGEST_LOG_BYTES = 16 * 1024 * 1024;

/**
 * Sets large logs aside as `.1` and `.2`. The writers keep their file (opened for appending), so it is copied and emptied;
 * what is written between the two steps is lost, which a development cluster can bear.
 */
export function rotateLogs(folder: string, largestBytes: number = LARGEST_LOG_BYTES): void {
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    if (!name.endsWith('.log') || statSync(file).size <= largestBytes) continue;
    if (existsSync(`${file}.1`)) renameSync(`${file}.1`, `${file}.2`);
    copyFileSync(file, `${file}.1`);
    truncateSync(file);
  }
}
