const ids = new WeakMap<object, string>();

/** Remembers under which request id the service answered. */
export function rememberRequestId(answer: object, requestId: string): void {
  ids.set(answer, requestId);
}

/** The request id of an answer or of an error of this client: the `requestID` of its audit record, and what support will ask for. */
export function requestIdOf(answer: unknown): string | undefined {
  return typeof answer === 'object' && answer !== null ? ids.get(answer) : undefined;
}
