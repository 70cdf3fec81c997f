import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectHttp2, type ClientHttp2Session, type OutgoingHttpHeaders } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller, jsonHeaders } from '../fixtures/caller.ts';
import { variable } from '../fixtures/cluster.ts';

let caller: Caller;
let endpoint: URL;
let ca: Buffer;
beforeAll(() => {
  caller = new Caller();
  endpoint = new URL(variable(caller.cluster, 'AWS_ENDPOINT_URL'));
  ca = readFileSync(variable(caller.cluster, 'AWS_CA_BUNDLE'));
});
afterAll(() => caller[Symbol.dispose]());

/** The headers of a signed GenerateRandom. */
function signedAs(body: string): Promise<Record<string, string>> {
  return caller.sign({ headers: jsonHeaders('TrentService.GenerateRandom'), body });
}

describe('HTTP/2', () => {
  let session: ClientHttp2Session;
  beforeAll(async () => {
    session = connectHttp2(endpoint, { ca });
    await once(session, 'connect');
  });
  afterAll(() => session.close());

  async function ask(
    body: string,
    headers?: OutgoingHttpHeaders,
  ): Promise<{ status: number; type: string; members: Record<string, unknown> }> {
    const { host: _host, ...rest } = { ...(await signedAs(body)), ...headers };
    const stream = session.request({ ':method': 'POST', ':path': '/', ...rest });
    stream.end(body);
    const [answer] = (await once(stream, 'response')) as [Record<string, unknown>];
    const status = Number(answer[':status']);
    return { status, type: String(answer['content-type']), members: JSON.parse(await text(stream)) as Record<string, unknown> };
  }

  test('is negotiated by ALPN', () => {
    expect(session.alpnProtocol).toBe('h2');
  });

  test('a request whose host was signed is answered, and many at once on one connection', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, (_, at) => ask(JSON.stringify({ NumberOfBytes: at + 1 }))));
    for (const [at, { status, type, members }] of answers.entries()) {
      expect([status, type]).toEqual([200, 'application/x-amz-json-1.1']);
      expect(Buffer.from(String(members['Plaintext']), 'base64')).toHaveLength(at + 1);
    }
  });

  test('a wrong signature and a wrong member get their errors', async () => {
    const stranger = await ask('{}', { authorization: `${(await signedAs('{}'))['authorization'] ?? ''}0` });
    expect([stranger.status, stranger.members['__type']]).toEqual([400, expect.stringMatching(/Signature/)]);
    const wrong = await ask('{"NumberOfBytes":0}');
    expect([wrong.status, wrong.members['__type']]).toEqual([400, 'ValidationException']);
  });
});

describe('HTTP/1.1', () => {
  test('a body in chunks is answered', async () => {
    const body = '{"NumberOfBytes":5}';
    const headers = { ...(await signedAs(body)), 'transfer-encoding': 'chunked' };
    const outgoing = httpsRequest(endpoint, { method: 'POST', ca, headers });
    outgoing.write(body.slice(0, 7));
    outgoing.end(body.slice(7));
    const [incoming] = (await once(outgoing, 'response')) as [Parameters<typeof text>[0] & { statusCode: number }];
    expect([incoming.statusCode, Object.keys(JSON.parse(await text(incoming)) as object)]).toEqual([200, ['Plaintext']]);
  });

  test('who expects 100 Continue is told to, and then answered', async () => {
    const body = '{"NumberOfBytes":5}';
    const headers = { ...(await signedAs(body)), expect: '100-continue', 'content-length': String(body.length) };
    const outgoing = httpsRequest(endpoint, { method: 'POST', ca, headers });
    outgoing.flushHeaders();
    await once(outgoing, 'continue');
    outgoing.end(body);
    const [incoming] = (await once(outgoing, 'response')) as [Parameters<typeof text>[0] & { statusCode: number }];
    expect(incoming.statusCode).toBe(200);
    await text(incoming);
  });
});
