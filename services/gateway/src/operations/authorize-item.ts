import { hash } from 'node:crypto';
import type { authorize } from '@trent/contracts';
import { asTrentError, type TrentError } from '@trent/errors';

import type { Ask } from '../ask.ts';
import { fact } from './facts.ts';

/** A request as policy gets it, and what became clear while it was made. */
export interface Prepared {
  readonly item: authorize.AuthorizeItem;
  /** What chooses the replica: requests for one key go where its view is warm. */
  readonly affinity: string;
  /** Told when the caller is found to be allowed. */
  readonly lateFault: TrentError | undefined;
}

const NO_BYTES = Buffer.alloc(0);

/**
 * Checks a request and turns it into policy's question. What is wrong with it becomes `ask.fault`, and policy is asked who the caller is and
 * no more: AWS tells nobody about a body before the signature holds (kms-api §1.3).
 */
export function prepare(ask: Ask): Prepared {
  try {
    check(ask);
    if (ask.fault === undefined && ask.message !== undefined) return wholeQuestion(ask, ask.message);
  } catch (error) {
    ask.fault = asTrentError(error);
  }
  return { item: question(ask), affinity: callerName(ask), lateFault: undefined };
}

/** Bounds of all members at once, then what they must be together. */
function check(ask: Ask): void {
  const { message, plan } = ask;
  if (message === undefined || ask.fault !== undefined) return;
  ask.fault = plan.validate(message);
  if (ask.fault !== undefined) return;
  ask.isSound = true;
  for (const rule of plan.rules) rule(message);
}

function wholeQuestion(ask: Ask, message: object): Prepared {
  const { plan } = ask;
  const { queries, algorithms, lateFault } = plan.keys(message);
  ask.input ??= plan.operation.requestCodec.encode(message);
  const item = question(ask);
  item.authenticateOnly = false;
  item.keys = queries;
  item.algorithms = algorithms;
  item.inputDigest = Buffer.from(hash('sha256', ask.input, 'binary'), 'latin1');
  item.facts = plan.facts(message);
  item.facts.push(SECURE_TRANSPORT);
  if (ask.origin.userAgent !== '') item.facts.push(fact('aws:UserAgent', [ask.origin.userAgent]));
  item.grantTokens = plan.grantTokens(message);
  item.grantId = plan.grantId(message);
  item.aliasName = plan.aliasName(message);
  if (plan.isForRole || plan.namesPrincipals(message)) item.request = ask.input;
  item.resourceName = plan.resourceName(message);
  item.resourcePath = plan.resourcePath(message);
  item.dryRun = plan.isDryRun(message);
  return { item, affinity: affinityOf(queries[0]) ?? callerName(ask), lateFault };
}

/** No wire of the gateway is without TLS. */
const SECURE_TRANSPORT = fact('aws:SecureTransport', ['true']);

/** All members written here, so that every item has one shape; `id` and `timeoutMs` are the link's. */
function question(ask: Ask): authorize.AuthorizeItem {
  return {
    id: 0,
    timeoutMs: 0,
    traceparent: ask.traceparent,
    requestId: ask.requestId,
    operation: ask.plan.operation.name,
    region: ask.region,
    caller: ask.caller,
    authenticateOnly: true,
    keys: [],
    inputDigest: NO_BYTES,
    facts: [],
    grantTokens: [],
    sourceIp: ask.origin.sourceIp,
    aliasName: '',
    algorithms: [],
    dryRun: false,
    resourceName: '',
    resourcePath: '',
    grantId: '',
    request: NO_BYTES,
  };
}

/** Key id or last part of an alias, so that id and ARN of a key go the same way. */
function affinityOf(query: authorize.KeyQuery | undefined): string | undefined {
  if (query === undefined) return undefined;
  if (query.reference === '') return query.ciphertextKeyId;
  return query.reference.slice(query.reference.lastIndexOf('/') + 1);
}

function callerName({ caller }: Ask): string {
  return caller.$case === 'sigv4' ? caller.value.accessKeyId : caller.value;
}
