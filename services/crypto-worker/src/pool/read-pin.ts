import { readFileSync } from 'node:fs';

/** The PIN in a file, which may end in a line end; nothing else is taken off. Whoever gets it wipes it. */
export function readPin(path: string): Buffer {
  const bytes = readFileSync(path);
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 0x0a || bytes[end - 1] === 0x0d)) end--;
  const pin = Buffer.from(bytes.subarray(0, end));
  bytes.fill(0);
  return pin;
}
