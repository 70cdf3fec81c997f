import { iam } from '@trent/contracts';
import { fail } from '@trent/errors';
import { changes, reads } from './call.ts';
import { userOrCaller } from './names.ts';

/** Trent has no console and its users no passwords; Terraform and scripts ask before they remove a user, and are told so. */
function noProfile(name: string): never {
  return fail('NoSuchEntity', `Login Profile for User ${name} cannot be found.`);
}

/** Console passwords. */
export const loginProfileHandlers = {
  'iam.GetLoginProfile': reads(iam.GetLoginProfileRequest, async (db, call, { userName }) =>
    noProfile((await userOrCaller(db, call, userName)).name),
  ),
  'iam.DeleteLoginProfile': changes(iam.DeleteLoginProfileRequest, async (tx, call, { userName }) =>
    noProfile((await userOrCaller(tx, call, userName)).name),
  ),
};
