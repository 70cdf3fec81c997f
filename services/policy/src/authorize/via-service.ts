import { viaService } from '@trent/policy-language';
import type { Principal } from '../accounts/credentials.ts';

/** Services that name themselves in aws:CalledVia (IAM user guide, "aws:CalledVia"); S3 is none of them. */
const CALLED_VIA = new Set([
  'athena',
  'backup',
  'cloud9',
  'cloudformation',
  'databrew',
  'dataexchange',
  'dynamodb',
  'imagebuilder',
  'kms',
  'mgn',
  'nimble',
  'omics',
  'ram',
  'robomaker',
  'servicecatalog-appregistry',
  'sqlworkbench',
  'ssm-guiconnect',
]);

/** Operations that are told whether an integrated service makes them (AWS KMS developer guide, "kms:GrantIsForAWSResource"). */
const ON_GRANTS = new Set(['CreateGrant', 'ListGrants', 'RevokeGrant']);

type Of = (service: string, region: string) => string | undefined;

/** What a service's requests carry that nobody else's do. */
const ofServices: Readonly<Record<string, Of>> = {
  'kms:viaservice': viaService,
  'aws:calledvia': servicePrincipal,
  'aws:calledviafirst': servicePrincipal,
  'aws:calledvialast': servicePrincipal,
};

/**
 * Condition keys of who acts for whom: a user or role that the operator made a service acts for its account's users.
 * @param key folded
 * @param rpc "CreateGrant"
 * @returns undefined for other keys, and for those that say nothing
 */
export function serviceCondition({ holder: { service } }: Principal, rpc: string, region: string, key: string): string | undefined {
  if (key === 'aws:viaawsservice') return String(service !== undefined);
  if (key === 'kms:grantisforawsresource') return ON_GRANTS.has(rpc) ? String(service !== undefined) : undefined;
  return service === undefined || !Object.hasOwn(ofServices, key) ? undefined : ofServices[key]?.(service, region);
}

/** True for the keys that `serviceCondition` alone may answer: no request says them of itself. */
export function isServiceCondition(key: string): boolean {
  return key === 'aws:viaawsservice' || key === 'kms:grantisforawsresource' || Object.hasOwn(ofServices, key);
}

function servicePrincipal(service: string): string | undefined {
  return CALLED_VIA.has(service) ? `${service}.amazonaws.com` : undefined;
}
