import { describe, expect, test } from '@jest/globals';
import { metadata } from '@trent/contracts';
import { defaultKeyPolicy } from '@trent/policy-language';
import type { AccountId } from '@trent/identifiers';
import type { Principal } from '@trent/policy-evaluator';
import { ACCOUNT, aKey, KEY_ID, REGION } from '../authorize/authorize.fixture.ts';
import { KeyViews, type KeyView } from '../authorize/key-views.ts';
import { KeyGrants, type LoadGrants } from './key-grants.ts';

const bob: Principal = { arn: `arn:aws:iam::${ACCOUNT}:user/bob`, account: ACCOUNT, type: 'user' };
const request = { principal: bob, action: 'kms:Decrypt', resource: { arn: 'k', account: ACCOUNT }, context: new Map(), now: 0 };
const toBob = (grantId: string) =>
  metadata.Grant.create({ grantId, granteePrincipal: bob.arn, operations: ['Decrypt'], issuingAccount: ACCOUNT });

async function aView(change: Partial<metadata.KeyView> = {}): Promise<KeyView> {
  const key = aKey({ policy: defaultKeyPolicy(ACCOUNT as AccountId), grantsElsewhere: true, ...change });
  const view = await new KeyViews(() => Promise.resolve([key])).loadByKeyId(REGION, KEY_ID, 1e9);
  if (view === undefined) throw new Error('the table has the key');
  return view;
}

const page = (parts: Partial<metadata.LoadGrantsResponse>) => metadata.LoadGrantsResponse.create({ authorisationVersion: 7n, ...parts });

describe('the grants of a key', () => {
  test('that stand in its view need no load', async () => {
    const grants = new KeyGrants(() => Promise.reject(new Error('not asked')));
    const view = await aView({ grantsElsewhere: false, grants: [toBob('g1')] });
    expect(grants.held(view, bob)?.find('Decrypt', bob.arn, request)?.grantId).toBe('g1');
    await grants.load(view, bob, 1e9);
  });

  test('that are too many are loaded for each name of the principal once, page by page', async () => {
    const asked: string[] = [];
    const load: LoadGrants = ({ grantees, afterGrantId }) => {
      asked.push(`${grantees.join()} ${afterGrantId}`);
      if (grantees[0] !== bob.arn) return Promise.resolve(page({}));
      return Promise.resolve(
        afterGrantId === ''
          ? page({ grants: [metadata.Grant.create({ ...toBob('g1'), operations: ['Encrypt'] })], truncated: true })
          : page({ grants: [toBob('g2')] }),
      );
    };
    const grants = new KeyGrants(load);
    const view = await aView();
    expect(grants.held(view, bob)).toBeUndefined();
    await Promise.all([grants.load(view, bob, 1e9), grants.load(view, bob, 1e9)]);
    expect(grants.held(view, bob)?.find('Decrypt', bob.arn, request)?.grantId).toBe('g2');
    expect(asked.toSorted()).toEqual([`${bob.arn} `, `${bob.arn} g1`, `arn:aws:iam::${ACCOUNT}:root `].toSorted());
  });

  test('are loaded anew for a changed view', async () => {
    const grants = new KeyGrants(() => Promise.resolve(page({ authorisationVersion: 9n })));
    const view = await aView();
    await grants.load(view, bob, 1e9);
    expect(grants.held(view, bob)).toBeDefined();
    expect(grants.held(await aView({ authorisationVersion: 8n }), bob)).toBeUndefined();
  });

  test('that were read before the view was are not kept', async () => {
    const grants = new KeyGrants(() => Promise.resolve(page({ authorisationVersion: 6n, grants: [toBob('g1')] })));
    const view = await aView();
    await expect(grants.load(view, bob, 1e9)).rejects.toMatchObject({ code: 'DependencyTimeoutException' });
    expect(grants.held(view, bob)).toBeUndefined();
  });

  test('can be asked for one by its id', async () => {
    const grants = new KeyGrants(({ grantId }) => Promise.resolve(page({ grants: grantId === 'g1' ? [toBob('g1')] : [] })));
    const view = await aView();
    expect(await grants.byId(view, 'g1', 1e9)).toMatchObject({ grantId: 'g1', grantee: bob.arn });
    expect(await grants.byId(view, 'g2', 1e9)).toBeUndefined();
  });
});
