/** Quotas of IAM (IAM user guide, "IAM and AWS STS quotas"): the defaults, which accounts of Trent can't raise. */
export const QUOTAS = {
  users: 5_000,
  groups: 300,
  roles: 1_000,
  policies: 1_500,
  accessKeysPerUser: 2,
  groupsPerUser: 10,
  mfaDevicesPerUser: 8,
  versionsPerPolicy: 5,
  attachedPolicies: 10,
  oidcProviders: 100,
  clientIdsPerProvider: 100,
  thumbprintsPerProvider: 5,
  /** Characters without white space. */
  managedPolicy: 6_144,
  trustPolicy: 2_048,
  inlinePolicies: { User: 2_048, Group: 5_120, Role: 10_240 },
} as const;
