import type { KMSClient } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { EffectRow } from '../e2e/effects/effect.ts';
import { expectedSightings, watchEffect } from '../e2e/effects/effect.ts';
import { freezeEffects, identityEffects } from '../e2e/effects/identity-effects.ts';
import { keyEffects } from '../e2e/effects/key-effects.ts';
import { aStage, type Stage } from '../e2e/effects/stage.ts';
import { testCluster } from '../e2e/fixtures/cluster.ts';
import { sharedCluster } from '../e2e/shared-cluster.ts';
import { changeTimesTable, readChangeTimes, since, type ChangeTimes } from './change-times.ts';
import { SdkLoad, sdkClient, sdkKey, type LoadOutcome } from './sdk-load.ts';

const MINUTE_MS = 60_000;
/** How often what nobody may get wrong is tried; everything else a tenth of it. */
const TIMES = Number(process.env['TRENT_CHAOS_TIMES'] ?? 1_000);
/** Accounts side by side: barriers of several changes at once, and a thousand of them in bearable time. */
const ACCOUNTS = 8;
/** Lanes of other requests meanwhile. */
const LANES = 4;
const OFTEN = /^(DisableKey|PutKeyPolicy|RevokeGrant|RetireGrant|UpdateAccessKey|DetachUserPolicy|DetachRolePolicy)\b/;
const VICTIMS = ['policy-b', 'crypto-worker-c', 'key-metadata-a', 'nats-b', 'gateway-b'];
/** Changes that may be made twice without harm, so that a client may repeat what was not answered. */
const REPEATABLE = /^(DisableKey|PutKeyPolicy|UpdateAccessKey|PutUserPolicy|PutRolePolicy)\b/;
const TRIES = 3;

const often = (rows: readonly EffectRow[]): (readonly [string, number, EffectRow])[] =>
  rows.map((row) => [row.name, OFTEN.test(row.name) ? TIMES : Math.ceil(TIMES / 10), row]);

describe('a change is obeyed by every gateway from its answer on (P7)', () => {
  let client: KMSClient;
  let load: SdkLoad;
  let before: ChangeTimes;
  let outcome: LoadOutcome;

  beforeAll(async () => {
    client = sdkClient(testCluster());
    load = new SdkLoad(client, [await sdkKey(client), await sdkKey(client)], LANES);
    before = await readChangeTimes(await sharedCluster().status());
  }, MINUTE_MS);
  afterAll(() => client.destroy());

  test.each(often([...keyEffects, ...identityEffects]))(
    '%s, %i times of as many',
    async (_, times, row) => {
      const { looks, seen } = await watchEffect(row, times, ACCOUNTS);
      expect(seen).toEqual(expectedSightings(row, looks));
    },
    TIMES * 1_000 + MINUTE_MS,
  );

  test.each(freezeEffects)(
    '$name',
    async (row) => {
      const { looks, seen } = await watchEffect(row, 2, 2);
      expect(seen).toEqual(expectedSightings(row, looks));
    },
    MINUTE_MS,
  );

  test(
    'what the barrier adds is measured, and other requests went on meanwhile',
    async () => {
      outcome = await load.stop();
      const times = since(before, await readChangeTimes(await sharedCluster().status()));
      console.log(`${changeTimesTable(times)}\n${String(outcome.answered.length)} other requests answered meanwhile`);
      expect(times.get('barrier')?.get(Infinity)).toBeGreaterThan(TIMES);
      expect({ wrong: outcome.wrong, failures: outcome.failures }).toEqual({ wrong: [], failures: [] });
    },
    MINUTE_MS,
  );
});

describe('what an answered change takes away', () => {
  test.each([...keyEffects, ...identityEffects].filter(({ name }) => REPEATABLE.test(name)))(
    'is never served while replicas are killed: $name',
    async (row) => {
      using stage: Stage = await aStage();
      const { make, takeBack, look } = await row.begin(stage);
      const gateways = stage.root.map((_, gateway) => gateway);
      let answered = 0;
      const served: string[] = [];
      for (const victim of VICTIMS) {
        const pid = await sharedCluster().kill(victim);
        for (let time = 0; time < TRIES; time++) {
          if (await isAnswered(make(time % gateways.length))) {
            answered++;
            for (const { value } of settled(await Promise.allSettled(gateways.map(look))))
              if (value === row.takenBack) served.push(`after the death of ${victim} (${String(pid)})`);
          }
          await isAnswered(takeBack((time + 1) % gateways.length));
        }
        await sharedCluster().healed();
      }
      expect(served).toEqual([]);
      expect(answered).toBeGreaterThan(VICTIMS.length);
    },
    10 * MINUTE_MS,
  );
});

const isAnswered = (call: Promise<unknown>): Promise<boolean> =>
  call.then(
    () => true,
    () => false,
  );

const settled = <T>(outcomes: readonly PromiseSettledResult<T>[]): PromiseFulfilledResult<T>[] =>
  outcomes.filter((outcome) => outcome.status === 'fulfilled');
