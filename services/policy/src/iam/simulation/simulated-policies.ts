import { iam } from '@trent/contracts';
import { fail, isTrentError } from '@trent/errors';
import { compilePolicy, contextKeysOf, type PolicyKind } from '@trent/policy-language';
import type { SimulatedDocument } from '@trent/policy-evaluator';
import type { SimulatedRow } from '../../store/simulated.ts';

const { POLICY_SOURCE_USER, POLICY_SOURCE_GROUP, POLICY_SOURCE_ROLE, POLICY_SOURCE_AWS_MANAGED, POLICY_SOURCE_USER_MANAGED } =
  iam.PolicySource;
const SOURCE_OF: Readonly<Record<SimulatedRow['type'], iam.PolicySource>> = {
  user: POLICY_SOURCE_USER,
  group: POLICY_SOURCE_GROUP,
  role: POLICY_SOURCE_ROLE,
  'aws-managed': POLICY_SOURCE_AWS_MANAGED,
  'user-managed': POLICY_SOURCE_USER_MANAGED,
};

/** A document with what answers call it. */
export interface NamedDocument extends SimulatedDocument {
  /** `PolicyInputList.1`, `user_bob_rights`, `AdministratorAccess`. */
  readonly id: string;
  readonly source: iam.PolicySource;
}

/** Documents of the request: `PolicyInputList.1` and so on. @throws InvalidInput for one that is no policy */
export function inputDocuments(list: string, texts: readonly string[]): NamedDocument[] {
  return texts.map((text, index) => inputDocument(`${list}.${String(index + 1)}`, text, 'identity', iam.PolicySource.POLICY_SOURCE_NONE));
}

/** The resource's policy, whatever the resource. @throws InvalidInput */
export function resourceDocument(text: string): NamedDocument {
  return inputDocument('ResourcePolicy', text, 'key', iam.PolicySource.POLICY_SOURCE_RESOURCE);
}

function inputDocument(id: string, text: string, kind: PolicyKind, source: iam.PolicySource): NamedDocument {
  try {
    return { policy: compilePolicy(text, kind, id), keys: contextKeysOf(text), id, source };
  } catch (error) {
    if (!isTrentError(error)) throw error;
    return fail('InvalidInput', `The policy document ${id} is not valid: ${error.message}`, { cause: error });
  }
}

/** A document as it is attached. @throws PolicyEvaluation should a newer grammar refuse what was taken once */
export function attachedDocument({ type, holder, name, document }: SimulatedRow): NamedDocument {
  const id = holder === '' ? name : `${type}_${holder}_${name}`;
  try {
    return { policy: compilePolicy(document, 'identity', id), keys: contextKeysOf(document), id, source: SOURCE_OF[type] };
  } catch (error) {
    if (!isTrentError(error)) throw error;
    return fail('PolicyEvaluation', `The policy ${id} cannot be evaluated: ${error.message}`, { cause: error });
  }
}
