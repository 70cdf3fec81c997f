import { defineEvents, DURATION_BUCKETS, type CounterMetric, type HistogramMetric, type Logger, type Metrics } from '@trent/bootstrap';
import { catalogue, type TrentError } from '@trent/errors';

/** The wire a request came by. */
export type WireName = 'json' | 'query' | 'grpc' | 'batch';

/** What is told of a request when it has been answered. */
export interface Answered {
  readonly wire: WireName;
  /** "kms.Encrypt"; "unknown" when no operation was asked for. */
  readonly operation: string;
  readonly requestId: string;
  readonly error: TrentError | undefined;
}

const events = defineEvents({
  answered: 'request.answered',
  refused: 'request.caller_refused',
  failed: 'request.failed',
  defect: 'request.defect',
});

/** Errors that say who the caller is not: nobody stands behind them, so they are counted and sampled instead of recorded. */
const REFUSALS: readonly string[] = [
  'MissingAuthenticationTokenException',
  'IncompleteSignatureException',
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'ExpiredTokenException',
];
/** Counts go to the registry this often: looking a label up costs as much as validating a request. */
const FLUSH_MS = 1_000;
const OBSERVE_EACH = 8;
/** Log lines a second of one kind; during an outage every request fails, and the log must not be the next thing to. */
const LINES_A_SECOND = 5;

/** Counts answers and logs those that were exceptional. */
export class RequestMeter {
  readonly #log: Logger;
  readonly #requests: CounterMetric;
  readonly #seconds: HistogramMetric;
  readonly #counts = new Map<string, Map<string, number>>();
  readonly #lines = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  #taken = 0;

  constructor(metrics: Metrics, log: Logger) {
    this.#log = log;
    this.#requests = metrics.counter({ name: 'requests_total', help: 'Requests answered', labels: ['wire', 'operation', 'code'] });
    this.#seconds = metrics.histogram({
      name: 'https_request_seconds',
      help: 'One HTTPS request in eight, from the last byte of the body to the answer',
      labels: ['operation'],
      buckets: DURATION_BUCKETS,
    });
    this.#timer = setInterval(() => this.flush(), FLUSH_MS).unref();
  }

  answered(answered: Answered): void {
    const { wire, operation, error } = answered;
    const code = error?.code ?? 'OK';
    const name = `${wire} ${operation}`;
    let codes = this.#counts.get(name);
    if (codes === undefined) {
      codes = new Map<string, number>();
      this.#counts.set(name, codes);
    }
    codes.set(code, (codes.get(code) ?? 0) + 1);
    if (error === undefined) this.#log.debug(events.answered, { wire, operation, request_id: answered.requestId });
    else this.#logError(answered, error);
  }

  /** @param ms how long an HTTPS request took; one in eight is observed, since observing costs as much as reading the body */
  took(operation: string, ms: number): void {
    this.#taken += 1;
    if (this.#taken % OBSERVE_EACH === 1) this.#seconds.observe(ms / 1000, operation);
  }

  /** Hands the counts over to the registry. */
  flush(): void {
    this.#lines.clear();
    for (const [name, codes] of this.#counts) {
      const [wire = '', operation = ''] = name.split(' ');
      for (const [code, count] of codes) this.#requests.add(count, wire, operation, code);
    }
    this.#counts.clear();
  }

  close(): void {
    clearInterval(this.#timer);
    this.flush();
  }

  #logError({ wire, operation, requestId }: Answered, error: TrentError): void {
    const fields = { wire, operation, request_id: requestId, 'error.type': error.code };
    if (catalogue[error.code].fault === 'receiver') {
      // A cause that is no TrentError is a defect; its stack is what helps.
      if (this.#mayLog('failed')) this.#log.error(error.cause === undefined ? events.failed : events.defect, fields, error.cause ?? error);
    } else if (REFUSALS.includes(error.code)) {
      if (this.#mayLog('refused')) this.#log.info(events.refused, { ...fields, 'error.message': error.message });
    } else this.#log.debug(events.answered, fields);
  }

  #mayLog(kind: string): boolean {
    const lines = (this.#lines.get(kind) ?? 0) + 1;
    this.#lines.set(kind, lines);
    return lines <= LINES_A_SECOND;
  }
}
