import { field } from './field.ts';
import { isRegion } from './fields.ts';
import type { Field } from './field.ts';

/** Regions whose tokens share a root set for multi-Region keys. */
export interface RegionGroup {
  /** Stands in tokens and ciphertexts where a single-Region key has its region; never looks like one. */
  readonly name: string;
  readonly regions: readonly string[];
}

/** 32: what key tokens and ciphertexts have room for. */
const GROUP_NAME = /^[a-z][a-z0-9-]{0,31}$/;

/** The group of a deployment that was not told of any. */
export const DEFAULT_GROUP = 'global';

/** Groups of regions: `name=region+region`, separated by commas; no region is in two of them. Empty text gives none. */
export function regionGroups(): Field<readonly RegionGroup[]> {
  return field('groups such as europe=eu-west-1+eu-central-1, no region in two of them', (value) => {
    const groups = value
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '')
      .map(parseGroup);
    return areApart(groups) ? groups : undefined;
  });
}

/** Variables of services that know which regions belong together. */
export const regionGroupsConfig = {
  regionGroups: regionGroups()
    .optional()
    .describe(
      'groups of regions that multi-Region keys may spread over: europe=eu-west-1+eu-central-1,…; without it one group "global" of all regions, empty: none',
    ),
};

/** The group that a region is a member of; undefined: it has no multi-Region keys. */
export function groupOf(
  config: { readonly regions: readonly string[]; readonly regionGroups?: readonly RegionGroup[] | undefined },
  region: string,
): RegionGroup | undefined {
  const groups = config.regionGroups ?? [{ name: DEFAULT_GROUP, regions: config.regions }];
  return groups.find(({ regions }) => regions.includes(region));
}

function parseGroup(text: string): RegionGroup | undefined {
  const [name = '', members = '', ...rest] = text.split('=');
  const regions = members.split('+').map((region) => region.trim());
  const fits = rest.length === 0 && GROUP_NAME.test(name) && !isRegion(name) && regions.every(isRegion);
  return fits ? { name, regions } : undefined;
}

function areApart(groups: readonly (RegionGroup | undefined)[]): groups is readonly RegionGroup[] {
  const names = groups.map((group) => group?.name);
  const regions = groups.flatMap((group) => group?.regions ?? []);
  return !names.includes(undefined) && new Set(names).size === names.length && new Set(regions).size === regions.length;
}
