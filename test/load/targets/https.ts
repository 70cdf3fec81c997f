import { readFileSync } from 'node:fs';
import { Agent, request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { HmacKey } from '@trent/secret-bytes';
import { formatAmzDate, signingKey, signRequest } from '@trent/sigv4';
import { AnsweredError, type Target } from './target.ts';

/** Who calls where, from a cluster's env file. */
export interface HttpsAccess {
  readonly endpointUrl: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** PEM file. */
  readonly ca: string;
}

/** A target that can also call operations that the load has no prepared form of. */
export interface HttpsTarget extends Target {
  call(operation: string, members: object): Promise<Record<string, unknown>>;
}

const TIMEOUT_MS = 10_000;

/** AWS JSON over HTTPS: one connection a request in flight, kept alive; every request is signed by itself (SigV4), the server is verified. */
export function openHttps(access: HttpsAccess): HttpsTarget {
  const agent = new Agent({ keepAlive: true, ca: readFileSync(access.ca), scheduling: 'lifo' });
  const { host, hostname, port } = new URL(access.endpointUrl);
  const credentials = { accessKeyId: access.accessKeyId, secretAccessKey: Buffer.from(access.secretAccessKey) };
  const day: { date: string; key: HmacKey | undefined } = { date: '', key: undefined };

  const sign = (operation: string, body: Buffer): string[] => {
    const amzDate = formatAmzDate(Date.now());
    const date = amzDate.slice(0, 8);
    if (date !== day.date || day.key === undefined) {
      day.date = date;
      day.key = signingKey(credentials.secretAccessKey, date, access.region, 'kms');
    }
    const rawHeaders = ['Host', host, 'Content-Type', 'application/x-amz-json-1.1', 'X-Amz-Target', `TrentService.${operation}`];
    const facts = { method: 'POST', path: '/', query: '', rawHeaders };
    return signRequest({ ...facts, body, credentials, region: access.region, service: 'kms', amzDate, dayKey: day.key });
  };

  const post = (operation: string, body: Buffer): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const headers = sign(operation, body);
      headers.push('Content-Length', String(body.length));
      const request = httpsRequest({ hostname, port, method: 'POST', path: '/', agent, timeout: TIMEOUT_MS, headers }, (response) =>
        readAnswer(response, resolve, reject),
      );
      request.on('error', reject);
      request.on('timeout', () => request.destroy(new Error('no answer in 10 s')));
      request.end(body);
    });

  return {
    send: ({ operation, json }) => post(operation, json),
    call: async (operation, members) => {
      const answer = await post(operation, Buffer.from(JSON.stringify(members)));
      return JSON.parse(answer.toString()) as Record<string, unknown>;
    },
    close: () => agent.destroy(),
  };
}

function readAnswer(response: IncomingMessage, resolve: (body: Buffer) => void, reject: (error: Error) => void): void {
  const chunks: Buffer[] = [];
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  response.on('error', reject);
  response.on('end', () => {
    const [first = Buffer.alloc(0)] = chunks;
    const body = chunks.length <= 1 ? first : Buffer.concat(chunks);
    if (response.statusCode === 200) resolve(body);
    else reject(errorOf(body, response.statusCode));
  });
}

function errorOf(body: Buffer, status = 0): Error {
  try {
    const { __type: type, message, Message } = JSON.parse(body.toString()) as Record<string, string | undefined>;
    return new AnsweredError(type?.split('#').at(-1) ?? `HTTP ${String(status)}`, message ?? Message ?? '');
  } catch {
    return new AnsweredError(`HTTP ${String(status)}`, '');
  }
}
