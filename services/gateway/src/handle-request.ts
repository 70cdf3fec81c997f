import { setTimeout } from 'node:timers/promises';
import { fromErrorDetail } from '@trent/bootstrap';
import type { authorize } from '@trent/contracts';
import { asTrentError, fail, isUndecided, type TrentError } from '@trent/errors';
import { newEventId } from '@trent/identifiers';

import { tooFast, type Admission } from './admission/admission.ts';
import type { Ask } from './ask.ts';
import { draftRecord, recordsOf, type Outcome, type RecordParts } from './audit/record.ts';
import { prepare, type Prepared } from './operations/authorize-item.ts';
import { dispatch, earlierAnswer, type RoomCall, type Rooms } from './operations/dispatch.ts';
import type { KeyUsage } from './usage/key-usage.ts';

/** What the road leads by. */
export interface Road {
  readonly admission: Admission;
  /** policy, over its stream. */
  readonly authorize: (item: authorize.AuthorizeItem, call: RoomCall) => Promise<authorize.AuthorizeResult>;
  readonly rooms: Rooms;
  readonly records: RecordParts;
  /** Resolves when JetStream has acknowledged the record. */
  readonly publish: (region: string, record: string, deadline: number) => Promise<void>;
  /** Remembers which key was used last when. */
  readonly usage: Pick<KeyUsage, 'note'>;
  /** `performance.now()` */
  readonly clock: () => number;
}

/** A refusal is recorded even when the time of the request is up: without its record it is not answered. */
const RECORD_GRACE_MS = 1_000;

/**
 * THE ROAD of every request, whichever wire it came by: admit → validate → authorize → execute → record → answer.
 * (Who claims to call was read from the wire before; policy finds out whether it is true.)
 * @returns the response message's bytes, after the record is acknowledged (P3)
 * @throws {TrentError} what to answer instead; of an authenticated caller it is recorded, of anybody else not
 */
export async function handleRequest(road: Road, ask: Ask): Promise<Buffer> {
  road.admission.enter(ask);
  let account = '';
  try {
    const prepared = prepare(ask);
    // What is wrong with a request that says itself who calls is told at once: there is nobody to ask for first.
    if (ask.plan.isUnsigned && ask.fault !== undefined) throw ask.fault;
    const isTimeAgain = repeats(road, ask);
    let who = await authorized(road, ask, prepared, isTimeAgain);
    if (who.accountId === '') throw unauthenticated(who);
    account = who.accountId;
    const admitted = road.admission.charge(ask, who);
    let outcome = await decideAndExecute(road, ask, who, prepared.lateFault, admitted);
    while (outcome.kind === 'failed' && (await isTimeAgain(outcome.error))) {
      who = await authorized(road, ask, prepared, isTimeAgain);
      outcome = await decideAndExecute(road, ask, who, prepared.lateFault, admitted);
    }
    const eventId = newEventId(road.records.random);
    await record(road, ask, who, outcome, eventId);
    if (outcome.kind === 'failed') throw outcome.error;
    if (ask.plan.isCrypto) noteUse(road, ask, who, eventId);
    return outcome.output;
  } finally {
    road.admission.leave(account);
  }
}

/** Policy's answer; asked again while there is time and it cannot say. */
async function authorized(road: Road, ask: Ask, { item, affinity }: Prepared, isTimeAgain: Repeats): Promise<authorize.AuthorizeResult> {
  for (;;) {
    const who = await road.authorize(item, { affinity, deadline: ask.deadline, repeat: 'safe' });
    if (who.error === undefined || !(await isTimeAgain(who.error))) return who;
  }
}

/** True for what may be decided anew, when it is time for that; false when it may not, or no time is left. */
type Repeats = (error: Parameters<typeof isUndecided>[0]) => Promise<boolean>;

/** The repeats of one request. Its pauses double: whoever can't decide for seconds is asked a handful of times by each request. */
function repeats({ clock }: Road, { deadline }: Ask): Repeats {
  let pauseMs = 0;
  return async (error) => {
    if (!isUndecided(error)) return false;
    pauseMs = Math.max(error.retryAfterMs ?? 0, 2 * pauseMs);
    if (clock() + pauseMs >= deadline) return false;
    await setTimeout(pauseMs);
    return true;
  };
}

/** An authenticated request's fate; whatever goes wrong from here on is recorded. Order of refusals: kms-api §1.3. */
async function decideAndExecute(
  road: Road,
  ask: Ask,
  who: authorize.AuthorizeResult,
  lateFault: TrentError | undefined,
  admitted: boolean,
): Promise<Outcome> {
  try {
    if (ask.fault !== undefined) throw ask.fault;
    if (!admitted) fail('ThrottlingException', tooFast(ask));
    if (who.error !== undefined) {
      const earlier = await earlierAnswer(road.rooms, ask, who, () => draftRecord(road.records, ask, who));
      if (earlier !== undefined) return { kind: 'done', ...earlier };
      throw fromErrorDetail(who.error);
    }
    if (lateFault !== undefined) throw lateFault;
    if (ask.message !== undefined) ask.plan.lateRule?.(ask.message, who.keys);
    // A room that has checks of its own ends a dry run by itself.
    if (ask.plan.isCrypto && ask.message !== undefined && ask.plan.isDryRun(ask.message))
      fail('DryRunOperationException', WOULD_HAVE_SUCCEEDED);
    const { output, recorded } = await dispatch(road.rooms, ask, who, () => draftRecord(road.records, ask, who));
    return { kind: 'done', output, recorded };
  } catch (error) {
    return { kind: 'failed', error: asTrentError(error) };
  }
}

function record(road: Road, ask: Ask, who: authorize.AuthorizeResult, outcome: Outcome, eventId: string): Promise<unknown> | undefined {
  if (outcome.kind === 'done' && outcome.recorded) return undefined;
  const deadline = Math.max(ask.deadline, road.clock() + RECORD_GRACE_MS);
  const [own = '', ...others] = recordsOf(road.records, ask, who, outcome, eventId);
  const published = road.publish(ask.region, own, deadline);
  if (others.length === 0) return published;
  return Promise.all([published, ...others.map((other) => road.publish(ask.region, other, deadline))]);
}

function noteUse({ usage, records }: Road, { plan, requestId }: Ask, { keys }: authorize.AuthorizeResult, eventId: string): void {
  usage.note(keys, { operation: plan.operation.rpc, eventId, requestId, atMs: records.now() });
}

function unauthenticated({ error }: authorize.AuthorizeResult): TrentError {
  return error === undefined ? asTrentError(new Error('policy named neither account nor error')) : fromErrorDetail(error);
}

/** AWS's text (AWS KMS API reference, DryRunOperationException). */
const WOULD_HAVE_SUCCEEDED = 'The request would have succeeded, but the DryRun option is set.';
