import { randomFillSync } from 'node:crypto';
import { encodeHeader } from '@trent/ciphertext';
import { authorize, errors, kms, options, type execute, type invoke } from '@trent/contracts';
import { pooledRandom } from '@trent/identifiers';

import { Admission } from './admission/admission.ts';
import { Concurrency } from './admission/concurrency.ts';
import { Quota } from './admission/quota.ts';
import type { Ask } from './ask.ts';
import type { Road } from './handle-request.ts';
import type { RoomCall } from './operations/dispatch.ts';
import type { Use } from './usage/key-usage.ts';
import { planOperations, type OperationPlan } from './operations/operation-plan.ts';

export const REGION = 'us-east-1';
export const ACCOUNT = '111122223333';
export const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab';
export const KEY_ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:key/${KEY_ID}`;
export const MATERIAL_ID = 'ab'.repeat(32);
export const IDENTITY = JSON.stringify({ type: 'Root', principalId: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:root`, accountId: ACCOUNT });

const plans = planOperations();

/** The plan of an operation, which must exist. */
export function planOf(name: string): OperationPlan {
  const plan = plans.get(name);
  if (plan === undefined) throw new Error(`no operation ${name}`);
  return plan;
}

/** A ciphertext v1 of a key, with nothing in it. */
export function aCiphertext(keyId = KEY_ID): Buffer {
  const header = encodeHeader({
    version: 1,
    region: REGION,
    keyId,
    materialId: MATERIAL_ID,
    kdf: 1,
    nonce: Buffer.alloc(14),
    iv: Buffer.alloc(12),
  });
  return Buffer.concat([header, Buffer.alloc(48)]);
}

/** An authenticated caller who may. */
export function anAuthorization(parts: Partial<authorize.AuthorizeResult> = {}): authorize.AuthorizeResult {
  const key = {
    keyArn: KEY_ARN,
    token: Buffer.from('token'),
    materialId: MATERIAL_ID,
    aliasArn: '',
    keySpec: 'SYMMETRIC_DEFAULT',
    customKeyStoreId: '',
  };
  return {
    ...authorize.AuthorizeResult.create({
      accountId: ACCOUNT,
      principalArn: `arn:aws:iam::${ACCOUNT}:root`,
      identity: IDENTITY,
      accessKeyId: 'AKIATEST',
    }),
    keys: [key],
    permit: Buffer.from('permit'),
    ...parts,
  };
}

/** An error as rooms send it. */
export function anErrorDetail(code: string, message = ''): errors.ErrorDetail {
  return errors.ErrorDetail.create({ code, message });
}

/** An Encrypt on its way. */
export function anAsk(parts: Partial<Ask> = {}): Ask {
  const message = kms.EncryptRequest.create({
    keyId: KEY_ID,
    plaintext: Buffer.from('secret'),
    encryptionContext: new Map([['tenant', 'blue']]),
  });
  return {
    plan: planOf('kms.Encrypt'),
    requestId: '5c9d1e1a-0000-4000-8000-000000000001',
    caller: { $case: 'certificate', value: `spiffe://trent/account/${ACCOUNT}/root` },
    region: REGION,
    origin: { sourceIp: '192.0.2.1', userAgent: 'test', tlsDetails: undefined },
    deadline: performance.now() + 3000,
    invocationId: 'invocation-1',
    traceparent: '',
    message,
    input: undefined,
    fault: undefined,
    isSound: false,
    ...parts,
  };
}

/** What happened on a road, in order. */
export interface Trip {
  readonly road: Road;
  readonly steps: string[];
  readonly authorized: { item: authorize.AuthorizeItem; call: RoomCall }[];
  readonly executed: execute.ExecuteItem[];
  readonly invoked: invoke.InvokeRequest[];
  readonly records: Record<string, unknown>[];
}

/** What the rooms of a road answer; each may throw. */
export interface RoomAnswers {
  readonly authorize?: (item: authorize.AuthorizeItem) => authorize.AuthorizeResult;
  readonly execute?: (item: execute.ExecuteItem) => Partial<execute.ExecuteResult>;
  readonly invoke?: (request: invoke.InvokeRequest) => invoke.InvokeResponse;
  readonly publish?: () => void;
  /** Told of each use that is noted. */
  readonly use?: (keyArns: string[], use: Use) => void;
  readonly places?: number;
}

const NOWHERE = { add: () => Promise.reject(new Error('no shared counts')), sharers: () => 1 };

/** A road whose rooms are functions of the test, and notes of who went where. */
export function aRoad(answers: RoomAnswers = {}): Trip {
  const trip = { steps: [], authorized: [], executed: [], invoked: [], records: [] } as unknown as {
    -readonly [Key in keyof Trip]: Trip[Key];
  };
  const later = <T>(step: string, act: () => T): Promise<T> =>
    Promise.resolve().then(() => {
      trip.steps.push(step);
      return act();
    });
  const invokeRoom = (request: invoke.InvokeRequest): Promise<invoke.InvokeResponse> =>
    later('invoke', () => {
      trip.invoked.push(request);
      return answers.invoke?.(request) ?? { output: Buffer.alloc(0), recorded: false };
    });
  trip.road = {
    admission: new Admission(new Concurrency(answers.places ?? 100), new Quota(NOWHERE, () => Date.now()), [REGION]),
    authorize: (item, call) =>
      later('authorize', () => {
        trip.authorized.push({ item, call });
        return answers.authorize?.(item) ?? anAuthorization();
      }),
    rooms: {
      execute: new Map([[REGION, (item) => later('execute', () => executed(trip, item, answers))]]),
      invoke: new Map(
        [options.Room.ROOM_KEY_METADATA, options.Room.ROOM_POLICY, options.Room.ROOM_AUDIT_INGEST].map((room) => [room, invokeRoom]),
      ),
    },
    records: { random: pooledRandom(randomFillSync), now: () => 1_700_000_000_000 },
    usage: {
      note: (keys, use) =>
        answers.use?.(
          keys.map(({ keyArn }) => keyArn),
          use,
        ),
    },
    publish: (_region, record) =>
      later('record', () => {
        answers.publish?.();
        trip.records.push(JSON.parse(record) as Record<string, unknown>);
      }),
    clock: () => performance.now(),
  };
  return trip;
}

function executed(trip: Pick<Trip, 'executed'>, item: execute.ExecuteItem, answers: RoomAnswers): execute.ExecuteResult {
  trip.executed.push(item);
  const output = Buffer.from(
    kms.EncryptResponse.encode(kms.EncryptResponse.create({ keyId: KEY_ARN, ciphertextBlob: aCiphertext() })).finish(),
  );
  return { id: 0, output, error: undefined, ...answers.execute?.(item) };
}
