import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

const CHUNK_BYTES = 64 * 1024;
const LOOK_EVERY_MS = 150;
/** Foreground colours that can be read on black and on white. */
const COLOURS = [36, 32, 33, 35, 34, 31] as const;

/** Follows all logs of a folder and prints each new line with its process' name. */
export class LogTail implements Disposable {
  readonly #folder: string;
  readonly #print: (line: string) => void;
  readonly #coloured: boolean;
  readonly #seen = new Map<string, { offset: number; rest: string }>();
  readonly #timer: NodeJS.Timeout;

  /** Begins at the present end of every log. */
  constructor(folder: string, print: (line: string) => void, coloured: boolean) {
    this.#folder = folder;
    this.#print = print;
    this.#coloured = coloured;
    for (const file of this.#files()) this.#seen.set(file, { offset: statSync(file).size, rest: '' });
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS);
  }

  /** Prints what was added since the last look. */
  look(): void {
    for (const file of this.#files()) {
      const seen = this.#seen.get(file) ?? { offset: 0, rest: '' };
      this.#seen.set(file, seen);
      if (statSync(file).size < seen.offset) seen.offset = 0;
      const lines = (seen.rest + this.#read(file, seen)).split('\n');
      seen.rest = lines.pop() ?? '';
      for (const line of lines) this.#print(`${this.#prefix(basename(file, '.log'))} ${line}`);
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.look();
  }

  #files(): string[] {
    return readdirSync(this.#folder)
      .filter((name) => name.endsWith('.log'))
      .map((name) => join(this.#folder, name));
  }

  #read(file: string, seen: { offset: number }): string {
    const handle = openSync(file, 'r');
    const chunk = Buffer.alloc(CHUNK_BYTES);
    let text = '';
    try {
      for (let read = readSync(handle, chunk, 0, CHUNK_BYTES, seen.offset); read > 0;) {
        text += chunk.toString('utf8', 0, read);
        seen.offset += read;
        read = readSync(handle, chunk, 0, CHUNK_BYTES, seen.offset);
      }
    } finally {
      closeSync(handle);
    }
    return text;
  }

  #prefix(name: string): string {
    if (!this.#coloured) return `${name} |`;
    const sum = Buffer.from(name).reduce((total, byte) => total + byte, 0);
    return `\u001b[${String(COLOURS[sum % COLOURS.length] ?? 0)}m${name}\u001b[0m |`;
  }
}
