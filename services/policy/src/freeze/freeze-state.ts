import { fail } from '@trent/errors';
import { parseAccountId, parseArn, parsePrincipalArn } from '@trent/identifiers';
import type { Principal } from '../accounts/principal.ts';
import type { KeyView } from '../authorize/key-views.ts';

/** What can be frozen: `account/<id>`, `principal/<ARN>`, `key/<ARN>`. */
export type FreezeTarget = `${'account' | 'principal' | 'key'}/${string}`;

/** The last word about a target. */
export interface FreezeMark {
  readonly target: FreezeTarget;
  readonly frozen: boolean;
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly atMs: number;
}

/** Reads what an operator wrote. @throws InvalidInput */
export function freezeTarget(kind: string, name: string): FreezeTarget {
  switch (kind) {
    case 'account':
      return `account/${parseAccountId(name) ?? fail('InvalidInput', 'An account id has 12 digits.')}`;
    case 'principal':
      return `principal/${parsePrincipalArn(name)?.arn ?? fail('InvalidInput', 'A principal is named by its ARN.')}`;
    case 'key': {
      const arn = parseArn(name);
      if (arn?.service !== 'kms' || !arn.resource.startsWith('key/')) fail('InvalidInput', 'A key is named by its ARN.');
      return `key/${name}`;
    }
    default:
      return fail('InvalidInput', 'One of account, principal and key is frozen.');
  }
}

/** The account that a target belongs to: its trail shows what was done to it. */
export function accountOfTarget(target: FreezeTarget): string {
  const name = target.slice(target.indexOf('/') + 1);
  return target.startsWith('account/') ? name : (parseArn(name)?.account ?? '');
}

/** What is frozen, as a decision looks at it: nothing to look up while nothing is. */
export class FreezeState {
  readonly #frozen = new Map<FreezeTarget, FreezeMark>();

  apply(mark: FreezeMark): void {
    if (mark.frozen) this.#frozen.set(mark.target, mark);
    else this.#frozen.delete(mark.target);
  }

  has(target: FreezeTarget): boolean {
    return this.#frozen.has(target);
  }

  list(): FreezeMark[] {
    return [...this.#frozen.values()];
  }

  /**
   * Refuses who or what is frozen: the caller's account, user, role or session, the keys and their accounts.
   * @throws AccessDeniedException
   */
  refuse(principal: Principal, views: readonly KeyView[]): void {
    if (this.#frozen.size === 0) return;
    this.#refuse(`account/${principal.accountId}`);
    this.#refuse(`principal/${principal.holder.arn}`);
    this.#refuse(`principal/${principal.arn}`);
    for (const { arn, accountId } of views) {
      this.#refuse(`key/${arn}`);
      this.#refuse(`account/${accountId}`);
    }
  }

  #refuse(target: FreezeTarget): void {
    if (!this.#frozen.has(target)) return;
    const [kind] = target.split('/', 1);
    fail('AccessDeniedException', `The ${kind ?? ''} is frozen by the operator: ${target.slice(target.indexOf('/') + 1)}`);
  }
}
