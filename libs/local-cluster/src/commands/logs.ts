import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { clusterFolder } from '../cluster/settings.ts';

/** What to print of the logs. */
export interface LogOptions {
  readonly dir: string;
  /** A process (`policy-a`) or a service (`policy`); all when left out. */
  readonly process?: string;
  /** Only lines that name this request. */
  readonly request?: string;
  /** At most so many of the newest lines. */
  readonly lines: number;
}

interface LogLine {
  readonly name: string;
  readonly time: string;
  readonly text: string;
}

/** Prints the newest lines of the logs in order of time. @throws Error when there is no such process */
export function logs(options: LogOptions, print: (line: string) => void): void {
  const folder = clusterFolder(options.dir);
  const names = existsSync(folder.logs) ? readdirSync(folder.logs).filter((name) => /\.log(\.\d)?$/.test(name)) : [];
  // Backwards: what was set aside (.2, .1) comes before what followed.
  const wanted = names
    .filter((name) => isWanted(name, options.process))
    .sort()
    .reverse();
  if (wanted.length === 0) throw new Error(`no log of ${options.process ?? 'any process'} in ${folder.logs}`);
  const lines = wanted
    .flatMap((name) => read(join(folder.logs, name)))
    .filter(({ text }) => options.request === undefined || text.includes(options.request));
  lines.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  const one = new Set(lines.map(({ name }) => name)).size === 1;
  for (const { name, text } of lines.slice(-options.lines)) print(one ? text : `${name} | ${text}`);
}

function isWanted(file: string, process: string | undefined): boolean {
  const name = file.replace(/\.log(\.\d)?$/, '');
  return process === undefined || name === process || name.startsWith(`${process}-`);
}

/** The time is that of the line (ours: JSON with `time`; the backends': its beginning), else that of the line before. */
function read(file: string): LogLine[] {
  const name = basename(file).replace(/\.log(\.\d)?$/, '');
  let time = '';
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => {
      time = timeOf(text) ?? time;
      return { name, time, text };
    });
}

function timeOf(text: string): string | undefined {
  const json = /"time":(?:"([^"]+)"|(\d+))/.exec(text);
  if (json?.[1] !== undefined) return json[1];
  if (json?.[2] !== undefined) return new Date(Number(json[2])).toISOString();
  const stamp = /(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d+)?)/.exec(text);
  return stamp === null ? undefined : `${stamp[1] ?? ''}-${stamp[2] ?? ''}-${stamp[3] ?? ''}T${stamp[4] ?? ''}Z`;
}
