import { awsEnum, type authorize, type iam, type kms, type OperationName } from '@trent/contracts';

type Derive = (message: object, facts: authorize.Fact[]) => void;

const keySpec = awsEnum('trent.kms.v1.KeySpec');
const masterKeySpec = awsEnum('trent.kms.v1.CustomerMasterKeySpec');
const keyUsage = awsEnum('trent.kms.v1.KeyUsage');

/** Days that ScheduleKeyDeletion waits when the request does not say. */
const DEFAULT_WAITING_DAYS = 30;
/** Days between automatic rotations when EnableKeyRotation does not say. */
const DEFAULT_PERIOD_DAYS = 365;

/**
 * Condition keys that no single member gives: defaults, deprecated twins, tags (kms-api §11). A member's own mark has been read before;
 * here stands what it leaves out.
 */
export const derivedFacts: Readonly<Partial<Record<OperationName, Derive>>> = {
  'kms.CreateKey': (message, facts) => createKeyFacts(message as kms.CreateKeyRequest, facts),
  'kms.ReplicateKey': (message, facts) => tagFacts((message as kms.ReplicateKeyRequest).tags, facts),
  'kms.CreateGrant': (message, facts) => createGrantFacts(message as kms.CreateGrantRequest, facts),
  'kms.GetKeyPolicy': (message, facts) => {
    if ((message as kms.GetKeyPolicyRequest).policyName === undefined) add(facts, 'kms:PolicyName', 'default');
  },
  'kms.ImportKeyMaterial': (message, facts) => {
    if ((message as kms.ImportKeyMaterialRequest).expirationModel === undefined) add(facts, 'kms:ExpirationModel', 'KEY_MATERIAL_EXPIRES');
  },
  'kms.PutKeyPolicy': (message, facts) => {
    const request = message as kms.PutKeyPolicyRequest;
    if (request.policyName === undefined) add(facts, 'kms:PolicyName', 'default');
    if (request.bypassPolicyLockoutSafetyCheck === undefined) add(facts, 'kms:BypassPolicyLockoutSafetyCheck', 'false');
  },
  'kms.Sign': messageType,
  'kms.Verify': messageType,
  'kms.TagResource': (message, facts) => tagFacts((message as kms.TagResourceRequest).tags, facts),
  'kms.UntagResource': (message, facts) => add(facts, 'aws:TagKeys', ...(message as kms.UntagResourceRequest).tagKeys),
  'kms.EnableKeyRotation': (message, facts) => {
    if ((message as kms.EnableKeyRotationRequest).rotationPeriodInDays === undefined) {
      add(facts, 'kms:RotationPeriodInDays', String(DEFAULT_PERIOD_DAYS));
    }
  },
  'kms.ScheduleKeyDeletion': (message, facts) => {
    if ((message as kms.ScheduleKeyDeletionRequest).pendingWindowInDays === undefined) {
      add(facts, 'kms:ScheduleKeyDeletionPendingWindowInDays', String(DEFAULT_WAITING_DAYS));
    }
  },
  'iam.CreateUser': (message, facts) => identityTagFacts(message as iam.CreateUserRequest, facts),
  'iam.TagUser': (message, facts) => identityTagFacts(message as iam.TagUserRequest, facts),
  'iam.CreateRole': (message, facts) => identityTagFacts(message as iam.CreateRoleRequest, facts),
  'iam.TagRole': (message, facts) => identityTagFacts(message as iam.TagRoleRequest, facts),
  'iam.CreatePolicy': (message, facts) => identityTagFacts(message as iam.CreatePolicyRequest, facts),
  'iam.TagPolicy': (message, facts) => identityTagFacts(message as iam.TagPolicyRequest, facts),
  'iam.UntagUser': (message, facts) => identityTagKeyFacts(message as iam.UntagUserRequest, facts),
  'iam.UntagRole': (message, facts) => identityTagKeyFacts(message as iam.UntagRoleRequest, facts),
  'iam.UntagPolicy': (message, facts) => identityTagKeyFacts(message as iam.UntagPolicyRequest, facts),
};

/** IAM's requests that make or tag something (IAM user guide, "Controlling access to AWS resources using tags"). */
function identityTagFacts({ tags }: { readonly tags: readonly iam.Tag[] }, facts: authorize.Fact[]): void {
  for (const { key = '', value = '' } of tags) add(facts, `aws:RequestTag/${key}`, value);
  if (tags.length > 0) add(facts, 'aws:TagKeys', ...tags.map(({ key = '' }) => key));
}

function identityTagKeyFacts({ tagKeys }: { readonly tagKeys: readonly string[] }, facts: authorize.Fact[]): void {
  if (tagKeys.length > 0) add(facts, 'aws:TagKeys', ...tagKeys);
}

/** RAW unless the request says otherwise (AWS KMS developer guide, "kms:MessageType"). */
function messageType(message: object, facts: authorize.Fact[]): void {
  if ((message as kms.SignRequest | kms.VerifyRequest).messageType === undefined) add(facts, 'kms:MessageType', 'RAW');
}

function createKeyFacts(request: kms.CreateKeyRequest, facts: authorize.Fact[]): void {
  const spec = keySpec.toAws(request.keySpec) ?? masterKeySpec.toAws(request.customerMasterKeySpec) ?? 'SYMMETRIC_DEFAULT';
  const usage = keyUsage.toAws(request.keyUsage) ?? 'ENCRYPT_DECRYPT';
  if (request.keySpec === undefined) add(facts, 'kms:KeySpec', spec);
  if (request.keyUsage === undefined) add(facts, 'kms:KeyUsage', usage);
  add(facts, 'kms:CustomerMasterKeySpec', spec);
  add(facts, 'kms:CustomerMasterKeyUsage', usage);
  if (request.origin === undefined) add(facts, 'kms:KeyOrigin', 'AWS_KMS');
  if (request.multiRegion === undefined) add(facts, 'kms:MultiRegion', 'false');
  if (request.multiRegion === true) add(facts, 'kms:MultiRegionKeyType', 'PRIMARY');
  if (request.bypassPolicyLockoutSafetyCheck === undefined) add(facts, 'kms:BypassPolicyLockoutSafetyCheck', 'false');
  tagFacts(request.tags, facts);
}

function tagFacts(tags: readonly kms.Tag[], facts: authorize.Fact[]): void {
  for (const { tagKey = '', tagValue = '' } of tags) add(facts, `aws:RequestTag/${tagKey}`, tagValue);
  if (tags.length > 0) add(facts, 'aws:TagKeys', ...tags.map(({ tagKey = '' }) => tagKey));
}

/**
 * What a new grant would allow (kms-api §11.1). The encryption context here is the constraint's, which is also what a right to CreateGrant that
 * comes from a grant is measured by.
 */
function createGrantFacts({ constraints }: kms.CreateGrantRequest, facts: authorize.Fact[]): void {
  if (constraints === undefined) return;
  const { encryptionContextEquals: equals, encryptionContextSubset: subset, sourceArn } = constraints;
  const pairs = equals.size > 0 ? equals : subset;
  if (pairs.size > 0) add(facts, 'kms:GrantConstraintType', equals.size > 0 ? 'EncryptionContextEquals' : 'EncryptionContextSubset');
  for (const [key, value] of pairs) add(facts, `kms:EncryptionContext:${key}`, value);
  if (pairs.size > 0) add(facts, 'kms:EncryptionContextKeys', ...pairs.keys());
  if (sourceArn !== undefined) add(facts, 'kms:GrantConstraintSourceArn', sourceArn);
}

function add(facts: authorize.Fact[], key: string, ...values: string[]): void {
  facts.push({ key, values, keyNumber: 0 });
}
