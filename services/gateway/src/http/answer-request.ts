import { hash } from 'node:crypto';
import { asTrentError, fail, type TrentError } from '@trent/errors';
import type { HttpFacts } from '@trent/sigv4';

import { deadlineOf, type Ask } from '../ask.ts';
import { identifySigned, type SignedCaller } from '../authn/canonical-request.ts';
import type { OperationPlan } from '../operations/operation-plan.ts';
import type { RequestMeter } from '../request-meter.ts';
import { JSON_TYPE, jsonError, queryError, XML_TYPE, type ErrorAnswer } from './aws-errors.ts';
import { parseJsonBody } from './aws-json.ts';
import { parseParameters, type Parameters } from './aws-query.ts';
import { originOf, type Exchange } from './exchange.ts';
import { plainHeaders } from './http2.ts';
import type { JsonRoute, QueryRoute, Routes } from './routes.ts';
import { wipe, wipeSecrets } from './wipe.ts';

/** What answering needs. */
export interface HttpFace {
  readonly routes: Routes;
  readonly regions: readonly string[];
  readonly handle: (ask: Ask) => Promise<Buffer>;
  readonly meter: RequestMeter;
  /** `performance.now()` */
  readonly clock: () => number;
}

/** STS and IAM have one endpoint for the world, whose clients sign for this region unless they are told another (kms-api §13.1). */
const GLOBAL_REGION = 'us-east-1';

/** Answers a request whose body has been read; `undefined`: it was too large. Never throws. */
export function answerRequest(face: HttpFace, exchange: Exchange, body: Buffer | undefined): void {
  const target = exchange.request.headers['x-amz-target'];
  if (target === undefined && speaksQuery(exchange)) void answerQuery(face, exchange, body);
  else void answerJson(face, exchange, typeof target === 'string' ? target : '', body);
}

function speaksQuery({ request, query }: Exchange): boolean {
  return request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true || query.includes('Action=');
}

async function answerJson(face: HttpFace, exchange: Exchange, target: string, body: Buffer | undefined): Promise<void> {
  const startedAt = face.clock();
  const route = isTheEndpoint(exchange) ? face.routes.json(target) : undefined;
  let error: TrentError | undefined;
  let ask: Ask | undefined;
  try {
    if (body === undefined) return fail('RequestEntityTooLargeException');
    if (route === undefined) return fail('UnknownOperationException');
    ask = jsonAsk(face, exchange, route, body, startedAt);
    const output = await face.handle(ask);
    exchange.answer(200, okHeaders(exchange, JSON_TYPE), jsonBody(route, output));
    if (route.plan.isCrypto) wipe(output);
  } catch (thrown) {
    error = asTrentError(thrown);
    answerError(exchange, jsonError(error));
  } finally {
    if (ask?.plan.isCrypto === true) forget(ask, body);
    told(face, exchange, 'json', route?.plan, error, startedAt);
  }
}

/** What came may have held plaintext. */
function forget({ plan, input, message }: Ask, body: Buffer | undefined): void {
  wipe(body, input);
  if (message !== undefined) wipeSecrets(plan.operation.request, message);
}

async function answerQuery(face: HttpFace, exchange: Exchange, body: Buffer | undefined): Promise<void> {
  const startedAt = face.clock();
  let route: QueryRoute | undefined;
  let version = '';
  let error: TrentError | undefined;
  try {
    if (body === undefined) return fail('RequestEntityTooLargeException');
    const parameters = readParameters(exchange, body);
    version = parameters.get('Version') ?? '';
    const action = parameters.get('Action') ?? '';
    route = isTheEndpoint(exchange) ? face.routes.query(version, action) : undefined;
    if (route === undefined)
      return fail('UnknownOperationException', `Could not find operation ${action.slice(0, 128)} for version ${version.slice(0, 32)}`);
    const output = await face.handle(queryAsk(face, exchange, route, parameters, body, startedAt));
    const message = route.plan.operation.responseCodec.decode(output);
    exchange.answer(200, okHeaders(exchange, XML_TYPE), route.write(message, exchange.requestId));
  } catch (thrown) {
    error = asTrentError(thrown);
    answerError(exchange, queryError(error, exchange.requestId, face.routes.queryWire(version)));
  } finally {
    told(face, exchange, 'query', route?.plan, error, startedAt);
  }
}

/** One path, and POST but for presigned requests. */
function isTheEndpoint({ path, request: { method } }: Exchange): boolean {
  return path === '/' && (method === 'POST' || method === 'GET');
}

function readParameters(exchange: Exchange, body: Buffer): Parameters {
  const form = body.toString();
  return parseParameters(form === '' || exchange.query === '' ? form + exchange.query : `${exchange.query}&${form}`);
}

function jsonAsk(face: HttpFace, exchange: Exchange, route: JsonRoute, body: Buffer, startedAt: number): Ask {
  const signed = identify(face, exchange, route.plan, body);
  const ask = emptyAsk(exchange, route.plan, signed, startedAt);
  return read(ask, () => route.read(parseJsonBody(body)));
}

function queryAsk(face: HttpFace, exchange: Exchange, route: QueryRoute, parameters: Parameters, body: Buffer, startedAt: number): Ask {
  const signed = identify(face, exchange, route.plan, body);
  const ask = emptyAsk(exchange, route.plan, signed, startedAt);
  return read(ask, () => route.read(parameters));
}

function identify(face: HttpFace, exchange: Exchange, plan: OperationPlan, body: Buffer): SignedCaller {
  const { method = '' } = exchange.request;
  const facts: HttpFacts = { method, path: exchange.path, query: exchange.query, rawHeaders: plainHeaders(exchange.request) };
  const { wire } = plan.operation;
  if (plan.isUnsigned) return { caller: { $case: 'inRequest', value: originOf(exchange.request).sourceIp }, region: homeRegion(face) };
  const regions = wire.global ? 'any' : wire.queryVersion === '' ? face.regions : [...face.regions, GLOBAL_REGION];
  const signed = identifySigned(facts, hash('sha256', body, 'hex'), { service: wire.signingName, regions });
  return face.regions.includes(signed.region) && !wire.global ? signed : { ...signed, region: homeRegion(face) };
}

/** Where what is done for all regions is done and recorded. */
function homeRegion({ regions }: HttpFace): string {
  return regions.includes(GLOBAL_REGION) ? GLOBAL_REGION : (regions[0] ?? GLOBAL_REGION);
}

function emptyAsk(exchange: Exchange, plan: OperationPlan, signed: SignedCaller, startedAt: number): Ask {
  const { headers } = exchange.request;
  return {
    plan,
    requestId: exchange.requestId,
    caller: signed.caller,
    region: signed.region,
    origin: originOf(exchange.request),
    deadline: deadlineOf(plan, startedAt),
    invocationId: text(headers['amz-sdk-invocation-id']) ?? exchange.requestId,
    traceparent: text(headers['traceparent']) ?? '',
    message: undefined,
    input: undefined,
    fault: undefined,
    isSound: false,
  };
}

/** What cannot be read is a fault that waits until the caller is known. */
function read(ask: Ask, message: () => object): Ask {
  try {
    ask.message = message();
  } catch (error) {
    ask.fault = asTrentError(error);
  }
  return ask;
}

/** Longer ids of attempts and traces are nobody's. */
const MAX_ID_LENGTH = 128;

function text(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && header !== '' && header.length <= MAX_ID_LENGTH ? header : undefined;
}

function jsonBody({ write, plan }: JsonRoute, output: Buffer): string {
  if (write === undefined) return '';
  const message = plan.operation.responseCodec.decode(output);
  const body = write(message);
  wipeSecrets(plan.operation.response, message);
  return body;
}

function answerError(exchange: Exchange, { status, contentType, body, errorType }: ErrorAnswer): void {
  exchange.answer(status, ['x-amzn-ErrorType', errorType, ...okHeaders(exchange, contentType)], body);
}

/** Headers of every answer (kms-api §12.1); the exchange adds Content-Length, Node Date. */
function okHeaders({ requestId }: Exchange, contentType: string): string[] {
  return [
    'x-amzn-RequestId',
    requestId,
    'Content-Type',
    contentType,
    'Cache-Control',
    'no-cache, no-store, must-revalidate, private',
    'Pragma',
    'no-cache',
    'Expires',
    '0',
  ];
}

function told(
  face: HttpFace,
  { requestId }: Exchange,
  wire: 'json' | 'query',
  plan: OperationPlan | undefined,
  error: TrentError | undefined,
  startedAt: number,
): void {
  const operation = plan?.operation.name ?? 'unknown';
  face.meter.answered({ wire, operation, requestId, error });
  face.meter.took(operation, face.clock() - startedAt);
}
