import { describe, expect, test } from '@jest/globals';
import { readConfig } from './load-config.ts';
import { groupOf, regionGroupsConfig } from './region-groups.ts';
import type { RegionGroup } from './region-groups.ts';

const regions = ['us-east-1', 'eu-west-1', 'eu-central-1'];

function read(value: string | undefined): { regions: string[]; regionGroups?: readonly RegionGroup[] } {
  const reading = readConfig(regionGroupsConfig, value === undefined ? {} : { TRENT_REGION_GROUPS: value });
  if (reading.kind === 'invalid') throw new Error(reading.problems.join());
  return { regions, ...(reading.config.regionGroups === undefined ? {} : { regionGroups: reading.config.regionGroups }) };
}

describe('groups of regions', () => {
  test('a deployment that was not told of any is one group', () => {
    expect(groupOf(read(undefined), 'eu-west-1')).toEqual({ name: 'global', regions });
    expect(groupOf(read(undefined), 'ap-east-1')).toBeUndefined();
  });

  test('a region is in its own group, and in none where it is not named', () => {
    const config = read('europe=eu-west-1+eu-central-1, america=us-east-1');
    expect(groupOf(config, 'eu-central-1')).toEqual({ name: 'europe', regions: ['eu-west-1', 'eu-central-1'] });
    expect(groupOf(config, 'us-east-1')?.name).toBe('america');
    expect(groupOf(read('europe=eu-west-1'), 'us-east-1')).toBeUndefined();
  });

  test('empty text gives none', () => {
    expect(groupOf(read(''), 'eu-west-1')).toBeUndefined();
  });

  test.each([
    ['a name that looks like a region', 'eu-west-1=eu-west-1'],
    ['a name with capitals', 'Europe=eu-west-1'],
    ['a name that is too long', `${'e'.repeat(33)}=eu-west-1`],
    ['no members', 'europe='],
    ['no sign of equality', 'europe'],
    ['a member that is no region', 'europe=west'],
    ['a region in two groups', 'europe=eu-west-1,west=eu-west-1'],
    ['a region twice', 'europe=eu-west-1+eu-west-1'],
    ['a group twice', 'europe=eu-west-1,europe=eu-central-1'],
  ])('%s is refused', (_what, value) => {
    expect(() => read(value)).toThrow(/^TRENT_REGION_GROUPS is .*: expected groups such as/);
  });
});
