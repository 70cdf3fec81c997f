import type { authorize } from '@trent/contracts';
import { fail } from '@trent/errors';

import type { Ask } from '../ask.ts';
import type { Concurrency } from './concurrency.ts';
import type { Quota } from './quota.ts';
import { quotaClassesOf } from './quota-class.ts';

/** Callers whose account is remembered, for the look ahead. */
const MAX_CALLERS = 10_000;

/**
 * Who may go on, and when it is too much. Quotas are spent by authenticated callers alone, so nobody spends another's; but a caller whose
 * account was found to have spent its second is turned away before policy is asked again.
 */
export class Admission {
  readonly #concurrency: Concurrency;
  readonly #quota: Quota;
  readonly #regions: ReadonlySet<string>;
  readonly #accounts = new Map<string, string>();

  /** @param regions that are served: nothing is counted elsewhere */
  constructor(concurrency: Concurrency, quota: Quota, regions: readonly string[]) {
    this.#regions = new Set(regions);
    this.#concurrency = concurrency;
    this.#quota = quota;
  }

  /** Takes a place on the road. @throws {TrentError} ThrottlingException when there is none, or the caller's quota is known to be spent */
  enter(ask: Ask): void {
    const account = this.#accounts.get(callerOf(ask));
    if (account !== undefined && this.#quota.isSpent(purseName(account, ask))) fail('ThrottlingException', tooFast(ask));
    if (!this.#concurrency.enter()) fail('ThrottlingException', tooFast(ask));
  }

  /** Spends one request of an authenticated caller; false when it is one too many. */
  charge(ask: Ask, { accountId, quotaPerSecond, keys }: authorize.AuthorizeResult): boolean {
    this.#remember(callerOf(ask), accountId);
    let admitted = this.#concurrency.take(accountId);
    for (const { name, perSecond } of quotaClassesOf(ask.plan.operation, keys, ask.fault === undefined ? ask.message : undefined)) {
      const limit = quotaPerSecond === 0 ? perSecond : quotaPerSecond;
      admitted = this.#quota.take(purseName(accountId, ask, name), limit) && admitted;
    }
    return admitted && this.#chargeElsewhere(ask, accountId);
  }

  /** A multi-Region change counts in the other Region too (kms-api §15.4). */
  #chargeElsewhere({ plan, message, fault }: Ask, account: string): boolean {
    if (message === undefined || fault !== undefined) return true;
    return plan.charges(message).every(({ region, quota, quotaPerSecond, times }) => {
      return !this.#regions.has(region) || this.#quota.take(`${account}:${region}:${quota}`, quotaPerSecond, times);
    });
  }

  leave(account: string): void {
    this.#concurrency.leave(account);
  }

  #remember(caller: string, account: string): void {
    if (this.#accounts.get(caller) === account) return;
    if (this.#accounts.size >= MAX_CALLERS) this.#accounts.clear();
    this.#accounts.set(caller, account);
  }
}

/** AWS's texts (kms-api §12.2). */
export function tooFast({ plan }: Ask): string {
  return plan.operation.wire.signingName === 'kms'
    ? 'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.'
    : 'Rate exceeded';
}

/** A request quota counts by account, region and class. */
function purseName(account: string, { plan, region }: Ask, quotaClass = plan.operation.option.quota): string {
  return `${account}:${region}:${quotaClass}`;
}

function callerOf({ caller }: Ask): string {
  return caller.$case === 'sigv4' ? caller.value.accessKeyId : caller.value;
}
