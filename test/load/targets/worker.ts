import { hash, randomUUID } from 'node:crypto';
import { Client, Metadata } from '@grpc/grpc-js';
import { authorize, execute } from '@trent/contracts';
import { issuePermit, permitHour, preparePermitKey, verifyPermit, type Permit } from '@trent/permit';
import type { PreparedRequest } from '../workload.ts';
import { ItemStream } from './item-stream.ts';
import { mutualTls, type NativeAccess } from './native.ts';
import { AnsweredError, type Target } from './target.ts';
import type { HmacKey } from '@trent/secret-bytes';

/**
 * What it takes to stand where the gateway stands, with permits of one's own: the certificates of gateway and policy, which only the owner of a
 * local cluster's folder can read. Nothing of what is done this way is recorded.
 */
export interface WorkerAccess {
  readonly region: string;
  readonly accountId: string;
  /** SPIFFE id of the account's root. */
  readonly caller: string;
  readonly policyTarget: string;
  readonly workerTarget: string;
  readonly asGateway: Omit<NativeAccess, 'target'>;
  readonly asPolicy: Omit<NativeAccess, 'target'>;
}

/** What policy says of a key: its wrapped form, and all that a permit names. */
export interface PermittedKey {
  readonly token: Buffer;
  readonly template: Permit;
}

const LIFE_MS = 3_000;
const DEADLINE_MS = 5_000;

/** The worker alone: its execute stream, with permits made here under the hour's permit key. */
export async function openWorker(access: WorkerAccess, keyArn: string): Promise<Target> {
  const client = new Client(access.workerTarget, mutualTls(access.asGateway));
  const permitKey = await openPermitKeys(access);
  const { token, template } = await permittedKey(access, keyArn, await permitKey(permitHour(Date.now())));
  const stream = new ItemStream<execute.ExecuteItem, execute.ExecuteResult>(client, execute.ExecuteServiceService.execute);
  const digests = new WeakMap<PreparedRequest, Buffer>();
  let current = { hour: 0, key: await permitKey(permitHour(Date.now())) };

  const permitFor = (operation: string, inputDigest: Buffer): Buffer => {
    const notBeforeMs = Date.now();
    const life = { notBeforeMs, notAfterMs: notBeforeMs + LIFE_MS };
    return issuePermit({ ...template, id: randomUUID(), operation, inputDigest, ...life }, current.key);
  };
  return {
    send: async (request) => {
      const hour = permitHour(Date.now());
      if (hour !== current.hour) current = { hour, key: await permitKey(hour) };
      const operation = `kms.${request.operation}`;
      const digest = digestOf(digests, request);
      const item = { id: 0, timeoutMs: DEADLINE_MS, traceparent: '', operation, permit: permitFor(operation, digest), tokens: [token] };
      const { error, output } = await stream.ask({ ...item, input: request.protobuf, accountId: access.accountId });
      if (error !== undefined) throw new AnsweredError(error.code, error.message);
      return output;
    },
    close: () => {
      stream.close();
      client.close();
    },
  };
}

function digestOf(known: WeakMap<PreparedRequest, Buffer>, request: PreparedRequest): Buffer {
  let digest = known.get(request);
  if (digest === undefined) {
    digest = hash('sha256', request.protobuf, 'buffer');
    known.set(request, digest);
  }
  return digest;
}

/** The permit key of an hour, asked of the worker as policy asks. */
async function openPermitKeys(access: WorkerAccess): Promise<(hour: number) => Promise<HmacKey>> {
  const credentials = mutualTls(access.asPolicy);
  const keys = new Map<number, HmacKey>();
  const ask = (hour: number): Promise<HmacKey> =>
    new Promise((resolve, reject) => {
      const client = new execute.PermitKeyServiceClient(access.workerTarget, credentials);
      client.getPermitKey({ region: access.region, hour }, new Metadata(), { deadline: Date.now() + DEADLINE_MS }, (error, response) => {
        client.close();
        if (error === null) resolve(preparePermitKey(response.key));
        else reject(error);
      });
    });
  const permitKey = async (hour: number): Promise<HmacKey> => {
    const key = keys.get(hour) ?? (await ask(hour));
    keys.set(hour, key);
    return key;
  };
  await permitKey(permitHour(Date.now()));
  return permitKey;
}

/** Asks policy, as the gateway does, for one real decision on the key; its permit tells the versions that hold now. */
export async function permittedKey(access: WorkerAccess, keyArn: string, permitKey?: HmacKey): Promise<PermittedKey> {
  const client = new Client(access.policyTarget, mutualTls(access.asGateway));
  const stream = new ItemStream<authorize.AuthorizeItem, authorize.AuthorizeResult>(client, authorize.AuthorizeServiceService.authorize);
  const inputDigest = hash('sha256', '', 'buffer');
  const operation = 'kms.Encrypt';
  try {
    const result = await stream.ask(
      authorize.AuthorizeItem.create({
        timeoutMs: DEADLINE_MS,
        requestId: randomUUID(),
        operation,
        region: access.region,
        caller: { $case: 'certificate', value: access.caller },
        keys: [authorize.KeyQuery.create({ reference: keyArn })],
        inputDigest,
        sourceIp: '127.0.0.1',
        algorithms: [''],
      }),
    );
    if (result.error !== undefined) throw new AnsweredError(result.error.code, result.error.message);
    const [key] = result.keys;
    if (key === undefined) throw new Error('policy has resolved no key');
    const hourKey = permitKey ?? (await (await openPermitKeys(access))(permitHour(Date.now())));
    const expected = { operation, inputDigest, region: access.region };
    return { token: key.token, template: verifyPermit(result.permit, () => hourKey, { epochMs: Date.now() }, expected) };
  } finally {
    stream.close();
    client.close();
  }
}
