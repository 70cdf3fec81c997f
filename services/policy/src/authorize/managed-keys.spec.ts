import { describe, expect, test } from '@jest/globals';
import type { metadata } from '@trent/contracts';
import { managedKeyPolicy } from '@trent/policy-language';
import type { AccountId, RegionName } from '@trent/identifiers';
import type { HolderRow } from '../store/holders.ts';
import { ACCOUNT, aHolder, aKey, anItem, aPolicy, aQuery, FOREIGN_ACCOUNT, REGION } from './authorize.fixture.ts';
import { authorizeItem } from './authorize.ts';

const ALIAS = 'alias/aws/s3';
const policy = managedKeyPolicy(ACCOUNT as AccountId, REGION as RegionName, 's3');
const aUser = (service: string | null): HolderRow =>
  aHolder({ arn: `arn:aws:iam::${ACCOUNT}:user/store`, kind: 'User', uniqueId: 'AIDAEXAMPLE', name: 'store', service });

/** Asks about a key that comes to be when it is made. @returns what was answered, and what was made */
async function ask(holder: HolderRow, reference: string, operation = 'kms.GenerateDataKey', hasService = true) {
  const keys: metadata.KeyView[] = [];
  const made: string[] = [];
  const managedKeys = {
    hasService: () => Promise.resolve(hasService),
    make: (region: string, account: string, service: string) => {
      made.push(`${region}/${account}/${service}`);
      keys.push(aKey({ aliases: [ALIAS], policy }));
      return Promise.resolve();
    },
  };
  const { deps } = aPolicy(keys, { holder, managedKeys });
  const item = anItem({ operation, keys: [aQuery(reference)] });
  const { error, permit } = await authorizeItem(deps, item, performance.now() + 1_000);
  return { made, code: error?.code, permitted: permit.length > 0 };
}

const MADE = [`${REGION}/${ACCOUNT}/s3`];

describe('the key behind alias/aws/s3', () => {
  test.each([ALIAS, `arn:aws:kms:${REGION}:${ACCOUNT}:${ALIAS}`])(
    'is made by its first use by the service, named %s',
    async (reference) => {
      expect(await ask(aUser('s3'), reference)).toEqual({ made: MADE, code: undefined, permitted: true });
    },
  );

  test.each([
    ['somebody who is no service', aUser(null), ALIAS, 'NotFoundException'],
    ['another service', aUser('ebs'), ALIAS, 'NotFoundException'],
    ['the service under a name that is not its own', aUser('s3'), 'alias/aws/ebs', 'NotFoundException'],
    ['the service in another account', aUser('s3'), `arn:aws:kms:${REGION}:${FOREIGN_ACCOUNT}:${ALIAS}`, 'AccessDeniedException'],
  ])('is not made by a use of %s', async (_who, holder, reference, code) => {
    expect(await ask(holder, reference)).toEqual({ made: [], code, permitted: false });
  });

  test('is made for whoever asks what it is, and they are answered if they may', async () => {
    expect(await ask(aHolder(), ALIAS, 'kms.DescribeKey')).toMatchObject({ made: MADE, code: undefined });
    expect(await ask(aUser(null), ALIAS, 'kms.DescribeKey')).toMatchObject({ made: MADE, code: 'AccessDeniedException' });
  });

  test('is unknown in an account without such a service', async () => {
    expect(await ask(aHolder(), ALIAS, 'kms.DescribeKey', false)).toMatchObject({ made: [], code: 'NotFoundException' });
  });
});
