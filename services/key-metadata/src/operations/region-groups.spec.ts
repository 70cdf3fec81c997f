import { describe, expect, test } from '@jest/globals';
import { checkMultiRegion, checkReplicaRegion, type Regions } from './region-groups.ts';

const europe = { name: 'europe', regions: ['eu-west-1', 'eu-central-1', 'eu-north-1'] };
const regions: Regions = {
  served: ['eu-west-1', 'eu-central-1', 'us-east-1'],
  groupOf: (region) => (europe.regions.includes(region) ? europe : undefined),
};
const refused = (code: string, message: string) => expect.objectContaining({ code, message });

describe('a multi-Region key', () => {
  test('may be made where its Region is in a group, and nowhere else', () => {
    expect(checkMultiRegion(regions, 'eu-west-1')).toBe(europe);
    expect(() => checkMultiRegion(regions, 'us-east-1')).toThrow(
      refused('UnsupportedOperationException', 'Multi-Region keys are not served in Region us-east-1.'),
    );
  });

  test('may be replicated inside its group', () => {
    expect(() => checkReplicaRegion(regions, 'eu-west-1', 'eu-central-1')).not.toThrow();
  });

  test('does not leave its group', () => {
    expect(() => checkReplicaRegion(regions, 'eu-west-1', 'us-east-1')).toThrow(
      refused(
        'UnsupportedOperationException',
        'Region us-east-1 is not in the group of Region eu-west-1: its multi-Region keys open there alone.',
      ),
    );
  });

  test('goes to no Region that is not served, though it be of the group', () => {
    expect(() => checkReplicaRegion(regions, 'eu-west-1', 'eu-north-1')).toThrow(
      refused('ValidationException', 'Region eu-north-1 is not served.'),
    );
  });
});
