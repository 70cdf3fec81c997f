import type { ServerResponse } from 'node:http';

/** What a load balancer asks: `GET /ping`, or `GET /` without anything else. */
export function isHealthQuestion(method: string | undefined, path: string, query: string): boolean {
  return method === 'GET' && query === '' && (path === '/ping' || path === '/');
}

/** Answers `healthy`, as AWS's endpoints do, or 503 with what is amiss. */
export function answerHealth(response: ServerResponse, notReady: Readonly<Record<string, string>>): void {
  const healthy = Object.keys(notReady).length === 0;
  const text = healthy ? 'healthy' : `not ready: ${Object.keys(notReady).join(', ')}`;
  response.writeHead(healthy ? 200 : 503, [
    'Content-Type',
    'text/plain',
    'Content-Length',
    String(text.length),
    'Cache-Control',
    'no-store',
  ]);
  response.end(text);
}
