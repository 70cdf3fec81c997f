import { waitUntil } from '@trent/local-cluster';
import type { Answer, Caller, Members } from '../fixtures/caller.ts';
import { aStage, type Stage } from './stage.ts';

/** A change that can be made and taken back again and again. */
export interface Effect {
  /** Makes the change, through a gateway. */
  readonly make: (gateway: number) => Promise<unknown>;
  /** Takes it back, through a gateway. */
  readonly takeBack: (gateway: number) => Promise<unknown>;
  /** What a request at a gateway sees of it. */
  readonly look: (gateway: number) => Promise<string>;
}

/** A row of the table: a change, and what must be seen from its answer on. */
export interface EffectRow {
  /** What is made, and what takes it back. */
  readonly name: string;
  readonly made: string;
  readonly takenBack: string;
  /** Sets the stage, with the change taken back. */
  readonly begin: (stage: Stage) => Promise<Effect>;
}

const ANSWERED_MS = 30_000;

/** Calls KMS until the answer is one: a failure that clients repeat says nothing of what is allowed. @returns the error, or `served` */
export async function seenBy(caller: Caller | undefined, operation: string, input: Members): Promise<string> {
  return (await answered(caller, operation, input)).error ?? 'served';
}

/** The answer to a call that changes nothing, however often it must be made. */
export async function answered(caller: Caller | undefined, operation: string, input: Members): Promise<Answer> {
  let answer: Answer | undefined;
  await waitUntil(`an answer to ${operation}`, ANSWERED_MS, async () => {
    answer = await caller?.kms(operation, input);
    return (answer !== undefined && answer.status < 500) || answer?.http.text || 'nobody to ask';
  });
  return answer!;
}

/** What was seen, and how often. */
export type Sightings = Readonly<Record<string, number>>;

/** What must have been seen after so many times at each gateway. */
export function expectedSightings({ made, takenBack }: EffectRow, looks: number): Sightings {
  return { [`made: ${made}`]: looks, [`taken back: ${takenBack}`]: looks };
}

/**
 * Makes the change and takes it back, so many times in each of several accounts side by side, each time through another gateway, and asks every
 * gateway at once after each answer.
 */
export async function watchEffect(row: EffectRow, times: number, accounts: number): Promise<{ looks: number; seen: Sightings }> {
  const seen = new Map<string, number>();
  let looks = 0;
  const lane = async (): Promise<void> => {
    using stage = await aStage();
    const { make, takeBack, look } = await row.begin(stage);
    const gateways = stage.root.map((_, gateway) => gateway);
    const lookEverywhere = async (when: string): Promise<void> => {
      for (const outcome of await Promise.all(gateways.map(look)))
        seen.set(`${when}: ${outcome}`, (seen.get(`${when}: ${outcome}`) ?? 0) + 1);
    };
    for (let time = 0; time < Math.ceil(times / accounts); time++) {
      await make(time % gateways.length);
      await lookEverywhere('made');
      await takeBack((time + 1) % gateways.length);
      await lookEverywhere('taken back');
      looks += gateways.length;
    }
  };
  await Promise.all(Array.from({ length: accounts }, lane));
  return { looks, seen: Object.fromEntries(seen) };
}
