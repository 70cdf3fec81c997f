import { fail } from '@trent/errors';
import type { Reader } from '../store/identities.ts';

/** What may hold on to a user, group or role, and IAM's advice about it. */
const REMAINS = {
  'access keys': ['access_keys where principal_arn = $1', 'must delete access keys first.'],
  policies: ['inline_policies where holder_arn = $1', 'must delete policies first.'],
  attachments: ['attachments where holder_arn = $1', 'must detach all policies first.'],
  groups: ['group_members where user_arn = $1', 'must remove users from group first.'],
  users: ['group_members where group_arn = $1', 'must remove users from group first.'],
  devices: ['mfa_devices where user_arn = $1', 'must delete MFA device first.'],
} as const;

/** @throws DeleteConflict while any of these is there */
export async function refuseWhileHeld(tx: Reader, arn: string, kinds: readonly (keyof typeof REMAINS)[]): Promise<void> {
  for (const kind of kinds) {
    const [source, advice] = REMAINS[kind];
    const { rowCount } = await tx.query(`select from ${source} limit 1`, [arn]);
    if (rowCount > 0) fail('DeleteConflict', `Cannot delete entity, ${advice}`);
  }
}
