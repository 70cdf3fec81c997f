import { accessKeyHandlers } from './access-keys.ts';
import { accountHandlers } from './account.ts';
import { attachmentHandlers } from './attachments.ts';
import { authorizationDetailHandlers } from './authorization-details.ts';
import { groupHandlers } from './groups.ts';
import { inlinePolicyHandlers } from './inline-policies.ts';
import { loginProfileHandlers } from './login-profiles.ts';
import { managedPolicyHandlers } from './managed-policies.ts';
import { mfaDeviceHandlers } from './mfa-devices.ts';
import { oidcProviderHandlers } from './oidc-providers.ts';
import { otherCredentialHandlers } from './other-credentials.ts';
import { policyEntityHandlers } from './policy-entities.ts';
import { roleHandlers } from './roles.ts';
import { simulationHandlers } from './simulation/simulations.ts';
import { userHandlers } from './users.ts';

/** Every action of IAM, by name. */
export const iamHandlers = {
  ...userHandlers,
  ...accessKeyHandlers,
  ...inlinePolicyHandlers,
  ...managedPolicyHandlers,
  ...policyEntityHandlers,
  ...attachmentHandlers,
  ...roleHandlers,
  ...groupHandlers,
  ...oidcProviderHandlers,
  ...mfaDeviceHandlers,
  ...loginProfileHandlers,
  ...otherCredentialHandlers,
  ...accountHandlers,
  ...authorizationDetailHandlers,
  ...simulationHandlers,
};
