import type { RegionGroup } from '@trent/bootstrap';
import { fail } from '@trent/errors';

/** The regions of the deployment. */
export interface Regions {
  readonly served: readonly string[];
  /** The group whose root set multi-Region keys of a region are wrapped under. */
  readonly groupOf: (region: string) => RegionGroup | undefined;
}

/** @throws UnsupportedOperationException where multi-Region keys can't live */
export function checkMultiRegion({ groupOf }: Regions, region: string): RegionGroup {
  return groupOf(region) ?? fail('UnsupportedOperationException', `Multi-Region keys are not served in Region ${region}.`);
}

/**
 * Whether a key of one region may have a relative in the other.
 * @throws ValidationException for a region that is not served, UnsupportedOperationException for one outside of the group
 */
export function checkReplicaRegion(regions: Regions, primaryRegion: string, replicaRegion: string): void {
  if (!regions.served.includes(replicaRegion)) fail('ValidationException', `Region ${replicaRegion} is not served.`);
  const group = checkMultiRegion(regions, primaryRegion);
  if (group.regions.includes(replicaRegion)) return;
  fail(
    'UnsupportedOperationException',
    `Region ${replicaRegion} is not in the group of Region ${primaryRegion}: its multi-Region keys open there alone.`,
  );
}
