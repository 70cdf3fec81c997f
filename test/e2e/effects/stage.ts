import type { IAMClient } from '@aws-sdk/client-iam';
import { operatorOf, type AccountAdmin } from '@trent/local-cluster';
import type { Caller } from '../fixtures/caller.ts';
import { anotherAccount, testCluster, type TestAccount } from '../fixtures/cluster.ts';
import { callersOfGateways } from '../fixtures/gateways.ts';
import { iamClient } from '../fixtures/iam.ts';

/** An account of its own, and a way to each gateway for its root and for whoever else signs. */
export interface Stage extends Disposable {
  readonly account: TestAccount;
  /** The root, by gateway. */
  readonly root: readonly Caller[];
  /** Amazon's client of IAM, signed by the root, by gateway. */
  readonly iam: readonly IAMClient[];
  readonly operator: AccountAdmin;
  /** Somebody else, by gateway. */
  readonly callersOf: (account: TestAccount) => readonly Caller[];
}

/** More than the standard three: a machine with other work must not fail what is about order, not time. */
const ATTEMPTS = 6;

/** Makes an account with nothing in it. */
export async function aStage(): Promise<Stage> {
  const cluster = testCluster();
  const account = await anotherAccount(cluster);
  const callers: Caller[] = [];
  const callersOf = (who: TestAccount): readonly Caller[] => {
    const made = callersOfGateways(who);
    callers.push(...made);
    return made;
  };
  const iam = cluster.settings.zones.map((zone) =>
    iamClient({ account, port: cluster.port(`gateway-${zone}.https`), maxAttempts: ATTEMPTS }, cluster),
  );
  const operator = operatorOf(cluster.folder, cluster.settings);
  return {
    account,
    root: callersOf(account),
    iam,
    operator,
    callersOf,
    [Symbol.dispose]: () => {
      for (const caller of callers) caller[Symbol.dispose]();
      for (const client of iam) client.destroy();
      operator[Symbol.dispose]();
    },
  };
}
