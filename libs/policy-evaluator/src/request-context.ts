import { foldCase, type ConditionValues } from '@trent/policy-language';

import type { AuthorisationRequest, Principal } from './request.ts';

const PRINCIPAL_TAG = 'aws:principaltag/';
/** IAM user guide, "aws:PrincipalType". */
const PRINCIPAL_TYPES: Readonly<Record<Principal['type'], string | undefined>> = {
  root: 'Account',
  user: 'User',
  'role-session': 'AssumedRole',
  'federated-user': 'FederatedUser',
  'web-identity': undefined,
  service: undefined,
  anonymous: 'Anonymous',
};

/** The condition keys of one request (IAM user guide, "Global condition context keys"); what follows from the request is computed when asked for. */
export class RequestContext implements ConditionValues {
  readonly #request: AuthorisationRequest;

  constructor(request: AuthorisationRequest) {
    this.#request = request;
  }

  valuesOf(key: string): readonly string[] | undefined {
    const { principal, resource, now, context, supplied } = this.#request;
    const said = supplied?.get(key);
    if (said !== undefined) return said;
    switch (key) {
      case 'aws:principalarn':
        return known(principal.roleArn ?? principal.arn);
      case 'aws:principalaccount':
      case 'kms:calleraccount':
        return known(principal.account);
      case 'aws:principaltype':
        return known(PRINCIPAL_TYPES[principal.type]);
      case 'aws:principalisawsservice':
        return [String(principal.type === 'service')];
      case 'aws:principalservicename':
        return principal.type === 'service' ? [principal.arn] : undefined;
      case 'aws:userid':
        return known(principal.uniqueId ?? (principal.type === 'root' ? principal.account : undefined));
      case 'aws:username':
        return principal.type === 'user' ? known(principal.arn.slice(principal.arn.lastIndexOf('/') + 1)) : undefined;
      case 'aws:resourceaccount':
        return resource === '*' ? undefined : known(resource.account);
      case 'aws:currenttime':
        return [new Date(now).toISOString()];
      case 'aws:epochtime':
        return [String(Math.floor(now / 1000))];
      default:
        return key.startsWith(PRINCIPAL_TAG) ? tagValue(principal, key.slice(PRINCIPAL_TAG.length)) : context.get(key);
    }
  }
}

function known(value: string | undefined): readonly string[] | undefined {
  return value === undefined || value === '' ? undefined : [value];
}

/** Condition key names compare without case, and so does the tag's key in them. */
function tagValue(principal: Principal, foldedTag: string): readonly string[] | undefined {
  const values = Object.entries(principal.tags ?? {})
    .filter(([tag]) => foldCase(tag) === foldedTag)
    .map(([, value]) => value);
  return values.length === 0 ? undefined : values;
}
