import { kms, type OperationName } from '@trent/contracts';
import { canonicalise, MAX_CONTEXT_BYTES } from '@trent/encryption-context';
import { fail } from '@trent/errors';
import { isReservedAliasName, parseAliasName } from '@trent/identifiers';

import { goodKeyStore, oneKeyStore } from './key-store-rules.ts';
import { goodGrant, goodGrantFilter, goodRetirement, oneRetiringPrincipal } from './grant-rules.ts';
import { validationError, violation } from './validate.ts';

/** What a request must satisfy beyond the bounds of its members and before any key is looked at (kms-api §1.3, step 4). */
export type RequestRule = (message: object) => void;

const FEWEST_DAYS = 7;
const MOST_DAYS = 30;
/** One UTF-16 unit is three bytes of UTF-8 at most. */
const MAX_BYTES_A_UNIT = 3;

/**
 * Rules by operation, in the order in which they are asked. Texts: kms-api §1.7, §1.8, §3.9, §5.3, §5.4.
 * @throws {TrentError} from a rule, what AWS answers
 */
export const requestRules: Readonly<Partial<Record<OperationName, readonly RequestRule[]>>> = {
  'kms.CreateKey': [rule(oneSpecName), rule(goodTags)],
  'kms.ReplicateKey': [rule(goodTags)],
  'kms.CreateCustomKeyStore': [rule(goodKeyStore)],
  'kms.DescribeCustomKeyStores': [rule(oneKeyStore)],
  'kms.ScheduleKeyDeletion': [rule(goodWaitingTime)],
  'kms.CreateAlias': [rule(goodAliasName), rule(keyAsTarget)],
  'kms.UpdateAlias': [rule(goodAliasName), rule(keyAsTarget)],
  'kms.DeleteAlias': [rule(goodAliasName)],
  'kms.PutKeyPolicy': [rule(writablePolicy)],
  'kms.TagResource': [rule(goodTags)],
  'kms.UntagResource': [rule(fewTagKeys)],
  'kms.Encrypt': [symmetricContext('encryptionAlgorithm', 'encryptionContext'), context('encryptionContext')],
  'kms.Decrypt': [
    noRecipient,
    rule(decryptDryRun),
    symmetricContext('encryptionAlgorithm', 'encryptionContext'),
    context('encryptionContext'),
  ],
  'kms.ReEncrypt': [
    rule(reEncryptDryRun),
    symmetricContext('sourceEncryptionAlgorithm', 'sourceEncryptionContext'),
    symmetricContext('destinationEncryptionAlgorithm', 'destinationEncryptionContext'),
    context('sourceEncryptionContext'),
    context('destinationEncryptionContext'),
  ],
  'kms.GenerateDataKey': [noRecipient, rule(oneLength), context('encryptionContext')],
  'kms.GenerateDataKeyWithoutPlaintext': [rule(oneLength), context('encryptionContext')],
  'kms.ImportKeyMaterial': [rule(goodExpiry), rule(newOrNamed)],
  'kms.GenerateDataKeyPair': [noRecipient, rule(servedPair), context('encryptionContext')],
  'kms.GenerateDataKeyPairWithoutPlaintext': [rule(servedPair), context('encryptionContext')],
  'kms.DeriveSharedSecret': [noRecipient],
  'kms.GenerateRandom': [noRecipient, rule(goodRandom)],
  'kms.CreateGrant': [rule(goodGrant)],
  'kms.ListGrants': [rule(goodGrantFilter)],
  'kms.ListRetirableGrants': [rule(oneRetiringPrincipal)],
  'kms.RetireGrant': [rule(goodRetirement)],
};

/** The table pairs each rule with the operation whose request it reads. */
function rule(check: (request: never) => void): RequestRule {
  return check as RequestRule;
}

/** Ignoring an attested recipient would hand plaintext to a caller that asked for sealing. */
function noRecipient(request: object): void {
  if ((request as kms.DecryptRequest).recipient !== undefined) fail('ValidationException', 'Recipient is not supported');
}

function oneSpecName(request: kms.CreateKeyRequest): void {
  if (request.keySpec !== undefined && request.customerMasterKeySpec !== undefined) {
    fail(
      'ValidationException',
      'You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.',
    );
  }
}

/** API reference, Tag: letters, digits, spaces and these signs, in keys as in values. */
const TAG_TEXT = /^[\p{L}\p{N}\p{Z}_.:/=+\-@]*$/u;
const MAX_TAGS = 50;

function goodTags({ tags }: Pick<kms.CreateKeyRequest, 'tags'>): void {
  if (tags.length > MAX_TAGS) fail('TagException', 'Too many tags');
  const keys = new Set<string>();
  for (const { tagKey = '', tagValue = '' } of tags) {
    if (tagKey.slice(0, 4).toLowerCase() === 'aws:') fail('TagException', 'Tags beginning with aws: are reserved');
    if (keys.has(tagKey)) fail('TagException', 'Duplicate tag keys');
    if (!TAG_TEXT.test(tagKey) || !TAG_TEXT.test(tagValue)) fail('TagException', 'Tags contain invalid characters');
    keys.add(tagKey);
  }
}

function fewTagKeys({ tagKeys }: kms.UntagResourceRequest): void {
  if (tagKeys.length > MAX_TAGS) fail('TagException', 'Too many tags');
}

/** The policy of Resource Access Manager is read, never written, by a key's owner (API reference, PutKeyPolicy). */
function writablePolicy({ policyName }: kms.PutKeyPolicyRequest): void {
  if (policyName === 'AWS_RAM') fail('ValidationException', 'The AWS_RAM policy can only be managed by the RAM service');
}

/** The model allows 1 to 365 days, the service 7 to 30. */
function goodWaitingTime({ pendingWindowInDays: days }: kms.ScheduleKeyDeletionRequest): void {
  if (days === undefined || (days >= FEWEST_DAYS && days <= MOST_DAYS)) return;
  const bound = days < FEWEST_DAYS ? `greater than or equal to ${String(FEWEST_DAYS)}` : `less than or equal to ${String(MOST_DAYS)}`;
  throw validationError([violation(`'${String(days)}'`, 'pendingWindowInDays', `Member must have value ${bound}`)]);
}

function goodAliasName({ aliasName = '' }: kms.CreateAliasRequest | kms.UpdateAliasRequest | kms.DeleteAliasRequest): void {
  if (!aliasName.startsWith('alias/')) {
    fail(
      'ValidationException',
      'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    );
  }
  const name = parseAliasName(aliasName);
  if (name === undefined) return fail('ValidationException', `${aliasName} contains invalid characters for an alias`);
  if (isReservedAliasName(name)) fail('NotAuthorizedException');
}

function keyAsTarget({ targetKeyId = '' }: kms.CreateAliasRequest | kms.UpdateAliasRequest): void {
  if (targetKeyId.startsWith('alias/') || /^arn:[^:]*:kms:[^:]*:[^:]*:alias\//.test(targetKeyId)) {
    fail('ValidationException', 'Aliases must refer to keys. Not aliases');
  }
}

function oneLength({ keySpec, numberOfBytes }: kms.GenerateDataKeyRequest): void {
  if ((keySpec === undefined) === (numberOfBytes === undefined)) {
    fail('ValidationException', 'Please specify either number of bytes or key spec.');
  }
}

/** AWS offers SM2 in the China Regions alone. */
function servedPair({ keyPairSpec }: kms.GenerateDataKeyPairRequest): void {
  if (keyPairSpec === kms.DataKeyPairSpec.DATA_KEY_PAIR_SPEC_SM2) fail('UnsupportedOperationException', 'KeyPairSpec SM2 is not served.');
}

function goodRandom({ numberOfBytes }: kms.GenerateRandomRequest): void {
  if (numberOfBytes === undefined) fail('ValidationException', 'NumberOfBytes is required.');
}

/** Recorded for the first; the second is the API reference's "you must omit the ValidTo parameter". */
function goodExpiry({ expirationModel, validTo }: kms.ImportKeyMaterialRequest): void {
  const expires = expirationModel !== kms.ExpirationModel.EXPIRATION_MODEL_KEY_MATERIAL_DOES_NOT_EXPIRE;
  if (expires && validTo === undefined) {
    fail('ValidationException', 'A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES');
  }
  if (!expires && validTo !== undefined) {
    fail('ValidationException', 'A validTo date must not be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE');
  }
}

/** API reference: "You cannot specify a key material ID with ImportType set to NEW_KEY_MATERIAL." */
function newOrNamed({ importType, keyMaterialId }: kms.ImportKeyMaterialRequest): void {
  if (importType === kms.ImportType.IMPORT_TYPE_NEW_KEY_MATERIAL && keyMaterialId !== undefined) {
    fail('ValidationException', 'KeyMaterialId cannot be specified if the ImportType is NEW_KEY_MATERIAL');
  }
}

function decryptDryRun(request: kms.DecryptRequest): void {
  ciphertextOrDryRun(request, request.keyId, 'keyId');
}

function reEncryptDryRun(request: kms.ReEncryptRequest): void {
  ciphertextOrDryRun(request, request.sourceKeyId, 'sourceKeyId');
}

/** A dry run may go without a ciphertext if it says so and names the key (kms-api §4). */
function ciphertextOrDryRun(request: kms.DecryptRequest | kms.ReEncryptRequest, keyId: string | undefined, keyMember: string): void {
  const ignoresCiphertext = request.dryRunModifiers.length > 0;
  if (ignoresCiphertext && request.dryRun !== true) fail('ValidationException', 'DryRunModifiers require DryRun to be true.');
  if (ignoresCiphertext && keyId === undefined) throw validationError([violation('null', keyMember, 'Member must not be null')]);
  if (!ignoresCiphertext && request.ciphertextBlob === undefined) {
    throw validationError([violation('null', 'ciphertextBlob', 'Member must not be null')]);
  }
}

/** RSA has no place for a context (API reference, Encrypt): one that is left out of the ciphertext would protect nothing. */
function symmetricContext(algorithm: string, property: string): RequestRule {
  return (request) => {
    const values = request as Record<string, unknown>;
    const pairs = values[property] as ReadonlyMap<string, string> | undefined;
    if (pairs === undefined || pairs.size === 0 || values[algorithm] === undefined) return;
    if (values[algorithm] !== kms.EncryptionAlgorithm.ENCRYPTION_ALGORITHM_SYMMETRIC_DEFAULT) {
      fail('ValidationException', 'EncryptionContext is not supported for asymmetric encryption algorithms.');
    }
  };
}

/** Bounds an encryption context; its canonical form, which costs more, is made only for one that may be too long. */
function context(property: 'encryptionContext' | 'sourceEncryptionContext' | 'destinationEncryptionContext'): RequestRule {
  return (request) => {
    const pairs = (request as Record<string, ReadonlyMap<string, string>>)[property];
    if (pairs === undefined || pairs.size === 0) return;
    let units = 0;
    for (const [key, value] of pairs) units += key.length + value.length + 2;
    if (units * MAX_BYTES_A_UNIT > MAX_CONTEXT_BYTES) canonicalise(pairs);
  };
}
