import { metaOf, variableOf } from './field.ts';
import type * as z from 'zod';

/** Variables of a process by key. */
export type ConfigShape = Readonly<Record<string, z.ZodType>>;

/** What a shape gives: typed, frozen values by key. */
export type ConfigOf<Shape extends ConfigShape> = Readonly<z.output<z.ZodObject<Shape>>>;

/** The environment as the process got it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A variable with what came of it. */
export interface ConfigEntry {
  readonly variable: string;
  readonly value: string;
  readonly source: 'environment' | 'default' | 'not set';
}

/** Outcome of reading the environment: all values, or a line for each bad variable. */
export type ConfigReading<Shape extends ConfigShape> =
  | { readonly kind: 'valid'; readonly config: ConfigOf<Shape>; readonly entries: readonly ConfigEntry[] }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

/** Exit status for a bad configuration. Source: sysexits.h, EX_CONFIG. */
const EX_CONFIG = 78;

/**
 * Reads the environment by a shape: every bad variable gives one line with its name, its value unless secret, and what was expected;
 * a TRENT_ variable that the shape does not know is bad too.
 */
export function readConfig<Shape extends ConfigShape>(shape: Shape, environment: Environment): ConfigReading<Shape> {
  const fields = Object.entries(shape).map(([key, schema]) => ({ key, schema, variable: variableOf(key, schema) }));
  const problems: string[] = [];
  const entries: ConfigEntry[] = [];
  const config: Record<string, unknown> = {};
  for (const { key, schema, variable } of fields) {
    const raw = environment[variable];
    const secret = metaOf(schema).secret === true;
    const result = schema.safeParse(raw);
    if (result.success) {
      if (result.data !== undefined) config[key] = result.data;
      entries.push({ variable, value: shown(raw, result.data, secret), source: sourceOf(raw, result.data) });
    } else {
      const was = raw === undefined ? 'is not set' : secret ? 'has a bad value' : `is ${JSON.stringify(raw)}`;
      problems.push(`${variable} ${was}: ${result.error.issues[0]?.message ?? 'bad value'}`);
    }
  }
  problems.push(...unknownVariables(new Set(fields.map((known) => known.variable)), environment));
  return problems.length > 0 ? { kind: 'invalid', problems } : { kind: 'valid', config: Object.freeze(config) as ConfigOf<Shape>, entries };
}

/**
 * Reads the environment or ends the process: bad variables are printed to stderr, one a line, with exit status 78;
 * `--print-config` prints every variable, its value and where it came from, and exits with 0.
 */
export function loadConfig<Shape extends ConfigShape>(shape: Shape, environment: Environment, argv: readonly string[]): ConfigOf<Shape> {
  const reading = readConfig(shape, environment);
  if (reading.kind === 'invalid') {
    process.stderr.write(reading.problems.map((problem) => `${problem}\n`).join(''));
    process.exit(EX_CONFIG);
  }
  if (argv.includes('--print-config')) {
    process.stdout.write(reading.entries.map((entry) => `${entry.variable}=${entry.value}  # ${entry.source}\n`).join(''));
    process.exit(0);
  }
  return reading.config;
}

function shown(raw: string | undefined, value: unknown, secret: boolean): string {
  if (value === undefined) return '';
  if (secret) return '(secret)';
  return raw ?? (typeof value === 'string' ? value : JSON.stringify(value));
}

function sourceOf(raw: string | undefined, value: unknown): ConfigEntry['source'] {
  if (raw !== undefined) return 'environment';
  return value === undefined ? 'not set' : 'default';
}

function unknownVariables(known: ReadonlySet<string>, environment: Environment): string[] {
  return Object.keys(environment)
    .filter((variable) => variable.startsWith('TRENT_') && !known.has(variable))
    .sort()
    .map((variable) => `${variable} is not a variable of this service`);
}
