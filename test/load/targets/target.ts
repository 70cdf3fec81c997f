import type { PreparedRequest } from '../workload.ts';

/** A way into the cluster. */
export interface Target {
  /** Sends a request; resolves when it is answered well. @throws something with the error's code */
  send(request: PreparedRequest): Promise<unknown>;
  close(): void;
}

/** An answer that is an error of the service. */
export class AnsweredError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message === '' ? code : `${code}: ${message}`);
    this.code = code;
  }
}
