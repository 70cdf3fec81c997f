export { parseAccountId, parseEpochMillis, parseGrantId, parseRegionName } from './account.ts';
export { isReservedAliasName, parseAliasName } from './alias-name.ts';
export { aliasArn, keyArn, parseArn, parsePrincipalArn, rootArn } from './arn.ts';
export type { ArnParts } from './arn.ts';
export type {
  AccountId,
  AliasArn,
  AliasName,
  Arn,
  BackingKeyId,
  Branded,
  EpochMillis,
  EventId,
  GrantId,
  KeyArn,
  KeyId,
  PrincipalArn,
  RegionName,
  RequestId,
} from './brand.ts';
export {
  isMultiRegionKeyId,
  KEY_ID_BYTES,
  keyIdFromBytes,
  keyIdToBytes,
  newKeyId,
  parseBackingKeyId,
  parseKeyId,
  writeKeyId,
} from './key-id.ts';
export { parseKeyReference } from './key-reference.ts';
export type { KeyReference, ReferenceContext } from './key-reference.ts';
export { newEventId, newRequestId, parseRequestId, pooledRandom } from './uuid.ts';
export type { RandomBytes } from './uuid.ts';
