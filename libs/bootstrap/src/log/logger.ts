import { destination, pino, stdTimeFunctions } from 'pino';
import { allowedFields } from './log-fields.ts';
import type { DestinationStream, Logger as PinoLogger } from 'pino';
import type { EventName } from './events.ts';
import type { LogFields } from './log-fields.ts';

/** Structured log: an event, fields of the allow-list, and what was thrown. */
export interface Logger {
  debug(event: EventName, fields?: LogFields, error?: unknown): void;
  info(event: EventName, fields?: LogFields, error?: unknown): void;
  warn(event: EventName, fields?: LogFields, error?: unknown): void;
  error(event: EventName, fields?: LogFields, error?: unknown): void;
  /** A logger whose lines carry these fields too. */
  child(fields: LogFields): Logger;
}

/** Levels in ascending order of concern. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** How a logger is made. */
export interface LoggerOptions {
  readonly level: LogLevel;
  readonly fields: LogFields;
  /** Where lines go; stdout by default, written at once so that a crash loses none. */
  readonly destination?: DestinationStream;
}

const STDOUT = 1;

/** Makes a logger that writes one JSON object a line: time, level, event, fields. */
export function createLogger(options: LoggerOptions): Logger {
  const settings = {
    level: options.level,
    base: allowedFields(options.fields),
    timestamp: stdTimeFunctions.isoTime,
    messageKey: 'event',
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return wrap(pino(settings, options.destination ?? destination({ dest: STDOUT, sync: true })));
}

/** A logger that says nothing, for tests. */
export function silentLogger(): Logger {
  const ignore = (): void => undefined;
  const silent: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore, child: () => silent };
  return silent;
}

function wrap(log: PinoLogger): Logger {
  const writer =
    (level: LogLevel) =>
    (event: EventName, fields?: LogFields, error?: unknown): void => {
      if (!log.isLevelEnabled(level)) return;
      log[level]({ ...(fields && allowedFields(fields)), ...(error !== undefined && errorFields(error)) }, event);
    };
  return {
    debug: writer('debug'),
    info: writer('info'),
    warn: writer('warn'),
    error: writer('error'),
    child: (fields) => wrap(log.child(allowedFields(fields))),
  };
}

/** What is written of something thrown: its code, text and stack, and those of its causes within the stack's bound. */
function errorFields(error: unknown): Record<string, string | number> {
  if (typeof error !== 'object' || error === null) return allowedFields({ 'error.message': String(error) });
  const { code, name, message, stack } = error as { code?: unknown; name?: unknown; message?: unknown; stack?: unknown };
  const type = typeof code === 'string' || typeof code === 'number' ? String(code) : typeof name === 'string' ? name : 'unknown';
  return allowedFields({ 'error.type': type, 'error.message': textOf(message), 'error.stack': textOf(stack) + causesOf(error) });
}

/** Causes that are followed: more is a loop. */
const MAX_CAUSES = 5;

function causesOf(error: object): string {
  let text = '';
  let cause: unknown = (error as { cause?: unknown }).cause;
  for (let depth = 0; depth < MAX_CAUSES && typeof cause === 'object' && cause !== null; depth++) {
    const { stack, message } = cause as { stack?: unknown; message?: unknown };
    text += `\ncaused by: ${textOf(stack) || textOf(message)}`;
    cause = (cause as { cause?: unknown }).cause;
  }
  return text;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
