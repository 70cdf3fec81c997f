import { awsEnum, kms } from '@trent/contracts';
import { algorithmsOf } from '@trent/key-model';
import { arnOf, type KeyRow, type MultiRegionKeyType } from '../store/keys.ts';

const enumOf = {
  usage: awsEnum('trent.kms.v1.KeyUsage'),
  state: awsEnum('trent.kms.v1.KeyState'),
  spec: awsEnum('trent.kms.v1.KeySpec'),
  deprecatedSpec: awsEnum('trent.kms.v1.CustomerMasterKeySpec'),
  origin: awsEnum('trent.kms.v1.Origin'),
  multiRegion: awsEnum('trent.kms.v1.MultiRegionKeyType'),
  encryption: awsEnum('trent.kms.v1.EncryptionAlgorithm'),
  signing: awsEnum('trent.kms.v1.SigningAlgorithm'),
  mac: awsEnum('trent.kms.v1.MacAlgorithm'),
  agreement: awsEnum('trent.kms.v1.KeyAgreementAlgorithm'),
  encapsulation: awsEnum('trent.kms.v1.EncapsulationAlgorithm'),
} as const;

/** KeyMetadata of a row, with the members that AWS shows for this kind of key (kms-api §1.7). */
export function metadataOf(key: KeyRow): kms.KeyMetadata {
  return kms.KeyMetadata.create({
    awsAccountId: key.accountId,
    keyId: key.keyId,
    arn: arnOf(key),
    creationDate: key.createdAt,
    enabled: key.state === 'Enabled',
    description: key.description,
    keyUsage: enumOf.usage.fromAws(key.usage) as kms.KeyUsage,
    keyState: enumOf.state.fromAws(key.state) as kms.KeyState,
    deletionDate: key.deletionDate ?? undefined,
    ...expiryOf(key),
    origin: enumOf.origin.fromAws(key.origin) as kms.Origin,
    keyManager: key.managedBy === null ? kms.KeyManager.KEY_MANAGER_CUSTOMER : kms.KeyManager.KEY_MANAGER_AWS,
    customerMasterKeySpec: enumOf.deprecatedSpec.fromAws(key.spec) as kms.CustomerMasterKeySpec | undefined,
    keySpec: enumOf.spec.fromAws(key.spec) as kms.KeySpec,
    ...algorithmLists(key),
    multiRegion: key.multiRegion,
    multiRegionConfiguration: multiRegionConfigurationOf(key),
    pendingDeletionWindowInDays: key.pendingWindowDays ?? undefined,
    currentKeyMaterialId: mayHaveSeveralMaterials(key) ? (key.currentMaterialId ?? undefined) : undefined,
    ...storeOf(key),
  });
}

/** "Present for symmetric encryption keys with AWS_KMS or EXTERNAL origin" (API reference, CurrentKeyMaterialId). */
function mayHaveSeveralMaterials({ spec, customKeyStoreId }: KeyRow): boolean {
  return spec === 'SYMMETRIC_DEFAULT' && customKeyStoreId === null;
}

/** Where a key of a custom key store lives. */
function storeOf({ customKeyStoreId, clusterId, origin, storeObjectId }: KeyRow): Partial<kms.KeyMetadata> {
  if (customKeyStoreId === null) return {};
  return {
    customKeyStoreId,
    cloudHsmClusterId: clusterId ?? undefined,
    xksKeyConfiguration: origin === 'EXTERNAL_KEY_STORE' ? { id: storeObjectId ?? undefined } : undefined,
  };
}

/** ExpirationModel and ValidTo: of keys of Origin EXTERNAL that have their material. */
function expiryOf(key: KeyRow): Pick<kms.KeyMetadata, 'expirationModel' | 'validTo'> {
  if (key.origin !== 'EXTERNAL' || !key.hasMaterial) return { expirationModel: undefined, validTo: undefined };
  return key.validTo === null
    ? { expirationModel: kms.ExpirationModel.EXPIRATION_MODEL_KEY_MATERIAL_DOES_NOT_EXPIRE, validTo: undefined }
    : { expirationModel: kms.ExpirationModel.EXPIRATION_MODEL_KEY_MATERIAL_EXPIRES, validTo: key.validTo };
}

/** The one list of algorithms that goes with the key's usage (API reference, KeyMetadata). */
function algorithmLists({ spec, usage }: KeyRow): Partial<kms.KeyMetadata> {
  const list = <E>(of: { fromAws: (name: string) => number | undefined }): E[] =>
    algorithmsOf(spec, usage).map((name) => of.fromAws(name) as E);
  switch (usage) {
    case 'ENCRYPT_DECRYPT':
      return { encryptionAlgorithms: list<kms.EncryptionAlgorithm>(enumOf.encryption) };
    case 'SIGN_VERIFY':
      return { signingAlgorithms: list<kms.SigningAlgorithm>(enumOf.signing) };
    case 'GENERATE_VERIFY_MAC':
      return { macAlgorithms: list<kms.MacAlgorithm>(enumOf.mac) };
    case 'KEY_AGREEMENT':
      return { keyAgreementAlgorithms: list<kms.KeyAgreementAlgorithm>(enumOf.agreement) };
    case 'ENCAPSULATE_DECAPSULATE':
      return { encapsulationAlgorithms: list<kms.EncapsulationAlgorithm>(enumOf.encapsulation) };
  }
}

/** A multi-Region key's relatives, itself among them. */
function multiRegionConfigurationOf(key: KeyRow): kms.MultiRegionConfiguration | undefined {
  const { multiRegionKeyType, relatives } = key;
  if (multiRegionKeyType === null || relatives === null) return undefined;
  const relativesOf = (type: MultiRegionKeyType) =>
    relatives.filter((one) => one.type === type).map(({ region }) => ({ arn: arnOf({ ...key, region }), region }));
  return {
    multiRegionKeyType: enumOf.multiRegion.fromAws(multiRegionKeyType) as kms.MultiRegionKeyType,
    primaryKey: relativesOf('PRIMARY')[0],
    replicaKeys: relativesOf('REPLICA'),
  };
}

/** The CreateKey request that makes a key like this one: what a replica's Region records of its birth. */
export function createKeyRequestOf(
  key: KeyRow,
  own: Pick<kms.CreateKeyRequest, 'policy' | 'bypassPolicyLockoutSafetyCheck' | 'tags'>,
): kms.CreateKeyRequest {
  return kms.CreateKeyRequest.create({
    ...own,
    description: key.description,
    keyUsage: enumOf.usage.fromAws(key.usage) as kms.KeyUsage,
    keySpec: enumOf.spec.fromAws(key.spec) as kms.KeySpec,
    customerMasterKeySpec: enumOf.deprecatedSpec.fromAws(key.spec) as kms.CustomerMasterKeySpec | undefined,
    origin: enumOf.origin.fromAws(key.origin) as kms.Origin,
    multiRegion: key.multiRegion,
  });
}

/** AWS spellings of CreateKey's enums; undefined where the caller left them out. */
export function spellingsOf(request: kms.CreateKeyRequest) {
  return {
    usage: enumOf.usage.toAws(request.keyUsage),
    spec: enumOf.spec.toAws(request.keySpec),
    deprecatedSpec: enumOf.deprecatedSpec.toAws(request.customerMasterKeySpec),
    origin: enumOf.origin.toAws(request.origin),
  };
}
