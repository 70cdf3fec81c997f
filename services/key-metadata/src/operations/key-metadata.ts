import { awsEnum, kms } from '@trent/contracts';
import { algorithmsOf } from '@trent/key-model';
import { arnOf, type KeyRow } from '../store/keys.ts';

const enumOf = {
  usage: awsEnum('trent.kms.v1.KeyUsage'),
  state: awsEnum('trent.kms.v1.KeyState'),
  spec: awsEnum('trent.kms.v1.KeySpec'),
  deprecatedSpec: awsEnum('trent.kms.v1.CustomerMasterKeySpec'),
  origin: awsEnum('trent.kms.v1.Origin'),
  encryption: awsEnum('trent.kms.v1.EncryptionAlgorithm'),
} as const;

/** KeyMetadata of a row, with the members that AWS shows for this kind of key (kms-api §1.7). */
export function metadataOf(key: KeyRow): kms.KeyMetadata {
  const algorithms = key.usage === 'ENCRYPT_DECRYPT' ? algorithmsOf(key.spec, key.usage) : [];
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
    keyManager: kms.KeyManager.KEY_MANAGER_CUSTOMER,
    customerMasterKeySpec: enumOf.deprecatedSpec.fromAws(key.spec) as kms.CustomerMasterKeySpec | undefined,
    keySpec: enumOf.spec.fromAws(key.spec) as kms.KeySpec,
    encryptionAlgorithms: algorithms.map((name) => enumOf.encryption.fromAws(name) as kms.EncryptionAlgorithm),
    multiRegion: key.multiRegion,
    currentKeyMaterialId: key.spec === 'SYMMETRIC_DEFAULT' ? (key.currentMaterialId ?? undefined) : undefined,
  });
}

/** ExpirationModel and ValidTo: of keys of Origin EXTERNAL that have their material. */
function expiryOf(key: KeyRow): Pick<kms.KeyMetadata, 'expirationModel' | 'validTo'> {
  if (key.origin !== 'EXTERNAL' || !key.hasMaterial) return { expirationModel: undefined, validTo: undefined };
  return key.validTo === null
    ? { expirationModel: kms.ExpirationModel.EXPIRATION_MODEL_KEY_MATERIAL_DOES_NOT_EXPIRE, validTo: undefined }
    : { expirationModel: kms.ExpirationModel.EXPIRATION_MODEL_KEY_MATERIAL_EXPIRES, validTo: key.validTo };
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
