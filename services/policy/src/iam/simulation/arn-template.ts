import { operations, options } from '@trent/contracts';
import { foldCase } from '@trent/policy-evaluator';

/** Service authorization reference, "Resource types": of IAM by the kinds of the contract. */
const IDENTITY_TEMPLATES: Readonly<Record<string, string>> = {
  user: 'user/${UserNameWithPath}',
  role: 'role/${RoleNameWithPath}',
  group: 'group/${GroupNameWithPath}',
  policy: 'policy/${PolicyNameWithPath}',
  mfa: 'mfa/${MfaTokenIdWithPath}',
  'oidc-url': 'oidc-provider/${OidcProviderName}',
  'access-key': 'user/${UserNameWithPath}',
};

const IAM_ARN = 'arn:${Partition}:iam::${Account}:';
const KMS_KEY_ARN = 'arn:${Partition}:kms:${Region}:${Account}:key/${KeyId}';

/** Action, folded → template of the ARNs that it works on; `*` where it names no resource. */
const templates = new Map(
  [...operations.values()].flatMap(({ action, option }) => {
    const template = templateOf(option);
    return [action, ...option.keys.flatMap((key) => (key.action === '' ? [] : [key.action]))].map((name) => [foldCase(name), template]);
  }),
);

function templateOf({ resource, identity }: options.Operation): string {
  switch (resource) {
    case options.Resource.RESOURCE_KEY:
    case options.Resource.RESOURCE_ALIAS_AND_KEY:
      return KMS_KEY_ARN;
    case options.Resource.RESOURCE_ROLE:
      return `${IAM_ARN}${IDENTITY_TEMPLATES['role'] ?? ''}`;
    case options.Resource.RESOURCE_IDENTITY: {
      const template = IDENTITY_TEMPLATES[identity?.kind ?? ''];
      return template === undefined ? '*' : IAM_ARN + template;
    }
    default:
      return '*';
  }
}

/** What EvalResourceName says of an action (IAM API reference, EvaluationResult): the form of its resources, not one of them. */
export function arnTemplate(action: string): string {
  return templates.get(foldCase(action)) ?? '*';
}
