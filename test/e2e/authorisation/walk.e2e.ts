import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Operation } from '@trent/contracts';
import { Caller, type Answer, type Members } from '../fixtures/caller.ts';
import { anotherAccount, testCluster, type TestAccount } from '../fixtures/cluster.ts';
import { recordOf } from '../fixtures/records.ts';
import { actorFor, type Actor } from './walk/actors.ts';
import { expectedRefusal, tellsWhy, type Refusal, type Situation } from './walk/expected.ts';
import { situations } from './walk/situations.ts';
import { Stage, walked } from './walk/stage.ts';

/** So many are asked at a time. */
const AT_ONCE = 6;

const count = { decisions: 0, allowed: 0, refused: 0 };
let owner: TestAccount;
let stranger: TestAccount;
let stage: Stage;
beforeAll(async () => {
  const cluster = testCluster();
  [owner, stranger] = [await anotherAccount(cluster), await anotherAccount(cluster)];
  stage = await Stage.set(new Caller({ account: owner }));
}, 240_000);
afterAll(() => {
  stage.root[Symbol.dispose]();
  const { decisions, allowed, refused } = count;
  process.stdout.write(`authorisation walk: ${decisions} decisions, ${allowed} allowed, ${refused} refused\n`);
});

describe('every operation in every situation', () => {
  test.each(Object.entries(situations))(
    '%s',
    async (_name, situation) => {
      const actor = await actorFor(situation, situation.foreign ? stranger : owner);
      using caller = actor.caller;
      const inputs = await stage.inputs();
      await stage.grant(situation, actor);
      const Policy = await stage.putPolicy(situation, actor);
      try {
        const asked = walked.filter((operation) => !isOutOfReach(operation, situation));
        for (let at = 0; at < asked.length; at += AT_ONCE) {
          await Promise.all(
            asked.slice(at, at + AT_ONCE).map(async (operation) => {
              const input = stage.inputAs(caller.account.accountId, operation, inputs.get(operation.name) ?? {});
              const answer = await caller.kms(operation.rpc, 'Policy' in input ? { ...input, Policy } : input);
              check(situation, operation, answer);
              if (answer.error !== 'AccessDeniedException') stage.done(operation);
            }),
          );
        }
        await checkRecord(situation, actor, inputs);
      } finally {
        await stage.clear();
      }
    },
    120_000,
  );

  test('was asked of every operation that the contract says is served', () => {
    expect(walked.length).toBeGreaterThanOrEqual(46);
    expect(count.decisions).toBeGreaterThan(walked.length * (Object.keys(situations).length - 1));
  });
});

/** An alias is named by its name alone, which is a name of the caller's own account. */
function isOutOfReach({ option: { keys, aliasMember } }: Operation, { foreign = false }: Situation): boolean {
  return foreign && keys.length > 0 && keys.every(({ member }) => member === aliasMember);
}

/** Whoever is refused is told why; whoever is not, gets what the key in its state gives: an answer, or an error of the operation's own. */
function check(situation: Situation, operation: Operation, { status, error, message = '' }: Answer): void {
  const { rpc, action, option } = operation;
  const refusal = expectedRefusal(situation, operation);
  count.decisions++;
  if (refusal !== undefined) {
    count.refused++;
    expect({ rpc, status, error }).toEqual({ rpc, status: 400, error: 'AccessDeniedException' });
    const first = option.keys[0]?.action;
    if (!isOfManyChecks(option)) expect(message).toContain(tellsWhy(refusal, first === undefined || first === '' ? action : first));
    return;
  }
  count.allowed++;
  if (option.readOnly && option.keys.length > 0) expect({ rpc, error: error ?? '' }).toEqual({ rpc, error: unfit(rpc) });
  else
    expect({ rpc, error: error ?? '' }).toEqual({
      rpc,
      error: expect.stringMatching(['', ...option.errors].map((name) => `^${name}$`).join('|')),
    });
}

/** Where alias and keys, or a key and its replica, are each asked for, the first that is refused is told. */
function isOfManyChecks({ keys, aliasMember, charges }: Operation['option']): boolean {
  return keys.length > 1 || aliasMember !== '' || charges.length > 0;
}

/** The keys of the walk are none that wait for material. */
function unfit(rpc: string): string {
  return rpc === 'GetParametersForImport' ? 'UnsupportedOperationException' : '';
}

/** The record of a denial says who, what and why. */
async function checkRecord(situation: Situation, actor: Actor, inputs: ReadonlyMap<string, Members>): Promise<void> {
  const operation = walked.find(({ rpc }) => rpc === 'GenerateDataKey');
  if (operation === undefined) throw new Error('GenerateDataKey is not served');
  const refusal: Refusal | undefined = expectedRefusal(situation, operation);
  if (refusal === undefined) return;
  const KeyId = String(inputs.get(operation.name)?.['KeyId']);
  const answer = await actor.caller.kms('GenerateDataKey', { KeyId, KeySpec: 'AES_256' });
  using reader = new Caller({ account: situation.foreign ? stranger : owner });
  const record = await recordOf(reader, 'GenerateDataKey', answer);
  const message = String(record['errorMessage']);
  expect(record).toMatchObject({
    eventName: 'GenerateDataKey',
    errorCode: 'AccessDenied',
    userIdentity: { type: situation.who === 'user' ? 'IAMUser' : 'AssumedRole', arn: actor.own },
    requestParameters: { keyId: KeyId },
    recipientAccountId: actor.caller.account.accountId,
  });
  expect(message).toBe(answer.message);
  expect(message).toContain(`User: ${actor.own} is not authorized to perform: kms:GenerateDataKey on `);
  expect(message).toContain(tellsWhy(refusal, 'kms:GenerateDataKey'));
  const keys = ((record['resources'] ?? []) as { ARN: string }[]).map(({ ARN }) => ARN);
  expect(keys).toEqual(situation.foreign ? [] : [KeyId]);
}
