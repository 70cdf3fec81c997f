import { describe, expect, test } from '@jest/globals';
import { ACCOUNT, FOREIGN_ACCOUNT, KEY_ID, REGION } from '../authorize/authorize.fixture.ts';
import type { KeyView } from '../authorize/key-views.ts';
import type { Principal } from '../accounts/principal.ts';
import { accountOfTarget, FreezeState, freezeTarget } from './freeze-state.ts';

const USER = `arn:aws:iam::${ACCOUNT}:user/bob`;
const KEY = `arn:aws:kms:${REGION}:${FOREIGN_ACCOUNT}:key/${KEY_ID}`;
const bob = { arn: USER, accountId: ACCOUNT, holder: { arn: USER } } as Principal;
const view = { arn: KEY, accountId: FOREIGN_ACCOUNT } as KeyView;
const frozen = (kind: string, name: string, frozen = true) => ({ target: freezeTarget(kind, name), frozen, reason: '', atMs: 1 });

describe('what is frozen', () => {
  test.each([
    ['account', ACCOUNT],
    ['account', FOREIGN_ACCOUNT],
    ['principal', USER],
    ['key', KEY],
  ])('%s %s is refused, and let go again', (kind, name) => {
    const state = new FreezeState();
    state.apply(frozen(kind, name));
    expect(() => state.refuse(bob, [view])).toThrow(
      expect.objectContaining({ code: 'AccessDeniedException', message: `The ${kind} is frozen by the operator: ${name}` }),
    );
    state.apply(frozen(kind, name, false));
    expect(() => state.refuse(bob, [view])).not.toThrow();
  });

  test.each([
    ['account', '999999999999'],
    ['principal', `${USER}2`],
    ['key', KEY.replace(KEY_ID, 'other')],
  ])('%s %s does not touch others', (kind, name) => {
    const state = new FreezeState();
    state.apply(frozen(kind, name));
    expect(() => state.refuse(bob, [view])).not.toThrow();
  });

  test.each([
    ['account', '1111'],
    ['principal', 'bob'],
    ['key', KEY_ID],
    ['region', REGION],
  ])('%s %s is no target', (kind, name) => {
    expect(() => freezeTarget(kind, name)).toThrow(expect.objectContaining({ code: 'InvalidInput' }));
  });

  test('belongs to the account whose trail shows it', () => {
    expect([freezeTarget('account', ACCOUNT), freezeTarget('principal', USER), freezeTarget('key', KEY)].map(accountOfTarget)).toEqual([
      ACCOUNT,
      ACCOUNT,
      FOREIGN_ACCOUNT,
    ]);
  });
});
