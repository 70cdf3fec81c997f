import { options, type authorize, type execute, type invoke } from '@trent/contracts';
import { fromErrorDetail } from '@trent/bootstrap';
import { fail } from '@trent/errors';

import type { Ask } from '../ask.ts';

/** How a call to a room is to be made. */
export interface RoomCall {
  readonly affinity: string;
  readonly deadline: number;
  readonly repeat: 'safe' | 'once';
}

/** The ways to the rooms; main.ts makes them of links. */
export interface Rooms {
  /** The crypto-workers of a region. */
  readonly execute: ReadonlyMap<
    string,
    (
      item: execute.ExecuteItem,
      call: RoomCall & { readonly lane: 'fast' | 'slow'; readonly account: string },
    ) => Promise<execute.ExecuteResult>
  >;
  /** Rooms that are invoked: key-metadata, policy, audit-ingest. */
  readonly invoke: ReadonlyMap<options.Room, (request: invoke.InvokeRequest, call: RoomCall) => Promise<invoke.InvokeResponse>>;
}

/** What a room answered. */
export interface RoomAnswer {
  /** The response message's bytes. */
  readonly output: Buffer;
  /** The room has committed the record of this request. */
  readonly recorded: boolean;
}

/**
 * Has an authorised request done where it is done: by a crypto-worker under the permit, or by the room of the operation.
 * @param draft makes the audit draft, for rooms that commit it with a change
 * @throws {TrentError} what the room answered, or what became of the way there
 */
export function dispatch(rooms: Rooms, ask: Ask, who: authorize.AuthorizeResult, draft: () => string): Promise<RoomAnswer> {
  return ask.plan.isCrypto ? executeCrypto(rooms, ask, who) : invokeRoom(rooms, ask, who, draft());
}

/**
 * A change that is sent again may name what is gone because of it. So what policy does not find is asked of the room, which answers what it
 * answered the same invocation of the same caller before.
 * @returns undefined when this is no such repeat
 */
export async function earlierAnswer(
  rooms: Rooms,
  ask: Ask,
  who: authorize.AuthorizeResult,
  draft: () => string,
): Promise<RoomAnswer | undefined> {
  const { option } = ask.plan.operation;
  const mayRepeat = option.repeat === options.Repeat.REPEAT_IDEMPOTENT && option.room === options.Room.ROOM_KEY_METADATA;
  if (who.error?.code !== 'NotFoundException' || !mayRepeat || ask.input === undefined) return undefined;
  try {
    return await invokeRoom(rooms, ask, who, draft(), true);
  } catch {
    // Not answered before, or nobody can say: what policy said holds.
    return undefined;
  }
}

async function executeCrypto(rooms: Rooms, ask: Ask, who: authorize.AuthorizeResult): Promise<RoomAnswer> {
  const execute = rooms.execute.get(ask.region) ?? fail('KMSInternalException');
  const { plan, deadline } = ask;
  const item: execute.ExecuteItem = {
    id: 0,
    timeoutMs: 0,
    traceparent: ask.traceparent,
    operation: plan.operation.name,
    permit: who.permit,
    tokens: who.keys.map((key) => key.token),
    input: inputOf(ask),
    accountId: who.accountId,
  };
  const result = await execute(item, {
    affinity: affinityOf(ask, who),
    deadline,
    repeat: plan.repeat,
    lane: laneOf(plan, who),
    account: who.accountId,
  });
  if (result.error !== undefined) throw fromErrorDetail(result.error);
  return { output: result.output, recorded: false };
}

/** Specs whose signatures a worker makes and checks on its event loop. */
const QUICK_SIGNATURES = 'ECC_NIST_P256';

/**
 * The class of credit that an item takes. The operation alone doesn't tell: a Decrypt with an RSA key takes milliseconds, a signature on P-256 a
 * tenth of one. Encrypting by a public key is quick whatever the key; a key of a custom key store is used in another process, whatever is done.
 */
function laneOf({ lane, operation: { rpc } }: Ask['plan'], { keys }: authorize.AuthorizeResult): 'fast' | 'slow' {
  const [key] = keys;
  if (key === undefined) return lane;
  if (keys.some(({ customKeyStoreId }) => customKeyStoreId !== '')) return 'slow';
  switch (rpc) {
    case 'Sign':
    case 'Verify':
      return key.keySpec === QUICK_SIGNATURES ? 'fast' : 'slow';
    case 'Decrypt':
    case 'ReEncrypt':
      return key.keySpec.startsWith('RSA_') ? 'slow' : 'fast';
    default:
      return lane;
  }
}

async function invokeRoom(
  rooms: Rooms,
  ask: Ask,
  who: authorize.AuthorizeResult,
  auditDraft: string,
  repeatOnly = false,
): Promise<RoomAnswer> {
  const { operation, repeat } = ask.plan;
  const call = rooms.invoke.get(operation.option.room) ?? fail('KMSInternalException');
  const { accountId, principalArn, identity, accessKeyId, callerContext } = who;
  const request: invoke.InvokeRequest = {
    operation: operation.name,
    input: inputOf(ask),
    caller: { accountId, principalArn, identity, accessKeyId, context: callerContext },
    region: ask.region,
    requestId: ask.requestId,
    invocationId: ask.invocationId,
    keyArns: who.keys.map((key) => key.keyArn),
    auditDraft,
    repeatOnly,
  };
  return call(request, { affinity: affinityOf(ask, who), deadline: ask.deadline, repeat });
}

function inputOf({ input }: Ask): Buffer {
  return input ?? fail('KMSInternalException');
}

/** The key's id; without a key any replica is as good. */
function affinityOf(ask: Ask, who: authorize.AuthorizeResult): string {
  const arn = who.keys[0]?.keyArn;
  return arn === undefined ? ask.requestId : arn.slice(arn.lastIndexOf('/') + 1);
}
