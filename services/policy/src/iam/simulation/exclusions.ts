import { iam } from '@trent/contracts';
import { fail } from '@trent/errors';
import { parseArn } from '@trent/identifiers';
import type { SimulatedRow } from '../../store/simulated.ts';

type IsExcluded = (row: SimulatedRow) => boolean;

const TYPES = iam.PolicyIdentifierPolicyType;
/** Of organizations there are none, so what names their policies excludes nothing. */
const OF_TYPE: Partial<Record<iam.PolicyIdentifierPolicyType, IsExcluded>> = {
  [TYPES.POLICY_IDENTIFIER_POLICY_TYPE_INLINE]: ({ usage, arn }) => usage === 'permissions' && arn === '',
  [TYPES.POLICY_IDENTIFIER_POLICY_TYPE_AWS_MANAGED]: ({ usage, type }) => usage === 'permissions' && type === 'aws-managed',
  [TYPES.POLICY_IDENTIFIER_POLICY_TYPE_USER_MANAGED]: ({ usage, type }) => usage === 'permissions' && type === 'user-managed',
  [TYPES.POLICY_IDENTIFIER_POLICY_TYPE_PERMISSION_BOUNDARY]: ({ usage }) => usage === 'boundary',
};
const ATTACHED_TO: Partial<Record<iam.AttachmentType, SimulatedRow['type']>> = {
  [iam.AttachmentType.ATTACHMENT_TYPE_USER]: 'user',
  [iam.AttachmentType.ATTACHMENT_TYPE_GROUP]: 'group',
  [iam.AttachmentType.ATTACHMENT_TYPE_ROLE]: 'role',
};

/**
 * Which documents a simulation leaves out (IAM API reference, SimulatePrincipalPolicy, PolicyExclusionList): by type, by ARN, or by the name of
 * an inline policy and of whom it is in. An identifier that nothing fits is ignored.
 * @throws InvalidInput for identifiers that name no policy
 */
export function exclusionsOf(identifiers: readonly iam.PolicyIdentifier[]): IsExcluded {
  const excluded = identifiers.map(exclusionOf);
  return (row) => excluded.some((excludes) => excludes(row));
}

function exclusionOf({ policyType, policyArn, inlinePolicyIdentifier: inline }: iam.PolicyIdentifier): IsExcluded {
  if ([policyType, policyArn, inline].filter((member) => member !== undefined).length !== 1) {
    fail('InvalidInput', 'A policy identifier has exactly one of PolicyType, PolicyArn and InlinePolicyIdentifier.');
  }
  if (policyType !== undefined) return OF_TYPE[policyType] ?? (() => false);
  if (policyArn !== undefined) return byArn(policyArn);
  const { policyName, attachmentType, attachmentName = '' } = inline ?? {};
  const type = attachmentType === undefined ? undefined : ATTACHED_TO[attachmentType];
  const holder = wildcard(attachmentName);
  return (row) => row.arn === '' && row.type === type && row.name === policyName && holder.test(row.holder);
}

function byArn(text: string): IsExcluded {
  const parts = parseArn(text);
  const name = text.slice(text.indexOf('/') + 1);
  if (parts?.service !== 'iam' || !parts.resource.startsWith('policy/') || /[*?]/.test(text.slice(0, text.length - name.length))) {
    fail('InvalidInput', `Invalid policy ARN in PolicyExclusionList: ${text}`);
  }
  const arn = wildcard(text);
  return (row) => row.usage === 'permissions' && row.arn !== '' && arn.test(row.arn);
}

/** One `*` at most and any number of `?`; with one star there is nothing to try twice. */
function wildcard(text: string): RegExp {
  if (text.split('*').length > 2) fail('InvalidInput', `At most one * may stand in ${text}.`);
  const pattern = text
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${pattern}$`, 's');
}
