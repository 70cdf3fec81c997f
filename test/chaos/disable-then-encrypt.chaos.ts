import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller, type Answer, type Members } from '../e2e/fixtures/caller.ts';
import { waitUntil } from '@trent/local-cluster';
import { anotherAccount, testCluster } from '../e2e/fixtures/cluster.ts';
import { callersOfGateways } from '../e2e/fixtures/gateways.ts';
import { aKey, blob } from '../e2e/fixtures/keys.ts';
import { sharedCluster } from '../e2e/shared-cluster.ts';

const MINUTE_MS = 60_000;
const ANSWERED_MS = 30_000;
/** The issue asks for 1,000; a run on a developer's machine makes do with fewer. */
const TIMES = Number(process.env['TRENT_CHAOS_TIMES'] ?? 100);
/** Five changes a second is an account's quota; accounts side by side make a thousand of them bearable. */
const ACCOUNTS = 4;
const VICTIMS = ['policy-b', 'crypto-worker-c', 'key-metadata-a', 'nats-b', 'gateway-b'];

/** One account with a key, and a way to each gateway. */
interface Lane {
  readonly caller: Caller;
  readonly gateways: readonly Caller[];
  readonly keyId: string;
}

let lanes: Lane[];
beforeAll(async () => {
  lanes = await Promise.all(
    Array.from({ length: ACCOUNTS }, async () => {
      const account = await anotherAccount(testCluster());
      const caller = new Caller({ account });
      return { caller, gateways: callersOfGateways(account), keyId: (await aKey(caller)).id };
    }),
  );
}, MINUTE_MS);
afterAll(() => {
  for (const { caller, gateways } of lanes) for (const each of [caller, ...gateways]) each[Symbol.dispose]();
});

/** Calls until the answer is one: a failure that clients repeat says nothing of the key. @throws Error when none comes */
async function answered(caller: Caller, operation: string, input: Members): Promise<Answer> {
  let answer: Answer | undefined;
  await waitUntil(`an answer to ${operation}`, ANSWERED_MS, async () => {
    answer = await caller.kms(operation, input);
    return answer.status < 500 || answer.http.text;
  });
  return answer!;
}

const encryptAt = async (gateway: Caller, KeyId: string): Promise<string> =>
  (await answered(gateway, 'Encrypt', { KeyId, Plaintext: blob('x') })).error ?? 'success';

describe('DisableKey answered, then Encrypt through every gateway', () => {
  test(
    `is refused, ${String(TIMES)} times of ${String(TIMES)}; and served again, once EnableKey is answered`,
    async () => {
      const seen = new Map<string, number>();
      const count = (what: string): number => seen.set(what, (seen.get(what) ?? 0) + 1).size;
      const run = async ({ caller, gateways, keyId }: Lane): Promise<void> => {
        for (let time = 0; time < TIMES / ACCOUNTS; time++) {
          expect((await answered(caller, 'DisableKey', { KeyId: keyId })).error).toBeUndefined();
          for (const outcome of await Promise.all(gateways.map((gateway) => encryptAt(gateway, keyId)))) count(`disabled: ${outcome}`);
          expect((await answered(caller, 'EnableKey', { KeyId: keyId })).error).toBeUndefined();
          for (const outcome of await Promise.all(gateways.map((gateway) => encryptAt(gateway, keyId)))) count(`enabled: ${outcome}`);
        }
      };
      await Promise.all(lanes.map(run));
      const each = Math.ceil(TIMES / ACCOUNTS) * ACCOUNTS * lanes[0]!.gateways.length;
      expect(Object.fromEntries(seen)).toEqual({ 'disabled: DisabledException': each, 'enabled: success': each });
    },
    TIMES * 3_000 + MINUTE_MS,
  );

  test(
    'is never served while replicas are killed',
    async () => {
      const cluster = sharedCluster();
      const { caller, gateways, keyId } = lanes[0]!;
      let answered = 0;
      const served: string[] = [];
      for (const victim of VICTIMS) {
        const pid = await cluster.kill(victim);
        for (let time = 0; time < 3; time++) {
          const disabled = await caller.kms('DisableKey', { KeyId: keyId }).catch(() => undefined);
          if (disabled?.status === 200) {
            answered++;
            const outcomes = await Promise.allSettled(
              gateways.map(async (gateway) => (await gateway.kms('Encrypt', { KeyId: keyId, Plaintext: blob('x') })).error ?? 'success'),
            );
            for (const outcome of outcomes)
              if (outcome.status === 'fulfilled' && outcome.value === 'success')
                served.push(`after the death of ${victim} (${String(pid)})`);
          }
          await caller.kms('EnableKey', { KeyId: keyId }).catch(() => undefined);
        }
        await cluster.healed();
      }
      expect(served).toEqual([]);
      expect(answered).toBeGreaterThan(0);
    },
    10 * MINUTE_MS,
  );
});
