import type { KeyState } from './names.ts';

/**
 * What a cell of the table answers:
 * ok; D disabled; PD pending deletion; PI pending import; NP not pending deletion; UN unavailable; CR creating; UP updating;
 * UO unsupported in this state whatever the key; "-" cannot happen (answered as the state's own error).
 * And what hangs on the key itself: imported = material must be EXTERNAL; rotates = automatic rotation; turns = rotation on demand;
 * status = has a rotation status; primary = must be a multi-Region primary.
 */
export type Cell =
  'ok' | 'D' | 'PD' | 'PI' | 'NP' | 'UN' | 'CR' | 'UP' | 'UO' | '-' | 'imported' | 'rotates' | 'turns' | 'status' | 'primary';

type Row = readonly [
  enabled: Cell,
  disabled: Cell,
  pendingDeletion: Cell,
  pendingImport: Cell,
  unavailable: Cell,
  creating: Cell,
  updating: Cell,
];

/** Column of each state; a primary that waits for its replicas to go behaves as one that waits itself. */
export const columnOf: Readonly<Record<KeyState, number>> = {
  Enabled: 0,
  Disabled: 1,
  PendingDeletion: 2,
  PendingReplicaDeletion: 2,
  PendingImport: 3,
  Unavailable: 4,
  Creating: 5,
  Updating: 6,
};

const always: Row = ['ok', 'ok', 'ok', 'ok', 'ok', 'ok', 'ok'];
const untilDeletion: Row = ['ok', 'ok', 'PD', 'ok', 'ok', 'ok', 'ok'];
const symmetricUse: Row = ['ok', 'D', 'PD', 'PI', 'UN', 'CR', 'ok'];
/** Keys in custom key stores are symmetric, so these keys are never unavailable. */
const otherUse: Row = ['ok', 'D', 'PD', 'PI', '-', 'CR', 'ok'];
const enableDisable: Row = ['ok', 'ok', 'PD', 'PI', 'ok', 'CR', 'UP'];
const rotationSwitch: Row = ['rotates', 'D', 'PD', 'UO', 'UO', 'CR', 'rotates'];

/**
 * Operation × key state, for every operation that has a key. State comes before origin and spec where both object (recorded for
 * RotateKeyOnDemand). Source: developer guide, "Key states of AWS KMS keys", table; rows for newer operations follow their relatives.
 */
export const keyStateTable = {
  //                          Enabled     Disabled    PendingDel. PendingImp. Unavailable Creating Updating
  CancelKeyDeletion: ['NP', 'NP', 'ok', 'NP', 'NP', 'NP', 'NP'],
  CreateAlias: untilDeletion,
  CreateGrant: ['ok', 'D', 'PD', 'PI', 'ok', 'CR', 'ok'],
  Decapsulate: otherUse,
  Decrypt: symmetricUse,
  DeleteAlias: always,
  DeleteImportedKeyMaterial: ['imported', 'imported', 'imported', 'ok', '-', 'CR', 'UP'],
  DeriveSharedSecret: otherUse,
  DescribeKey: always,
  DisableKey: enableDisable,
  DisableKeyRotation: rotationSwitch,
  EnableKey: enableDisable,
  EnableKeyRotation: rotationSwitch,
  Encapsulate: otherUse,
  Encrypt: symmetricUse,
  GenerateDataKey: symmetricUse,
  GenerateDataKeyPair: symmetricUse,
  GenerateDataKeyPairWithoutPlaintext: symmetricUse,
  GenerateDataKeyWithoutPlaintext: symmetricUse,
  GenerateMac: otherUse,
  GetKeyLastUsage: always,
  GetKeyPolicy: always,
  GetKeyRotationStatus: ['status', 'status', 'status', 'UO', 'UO', 'status', 'status'],
  GetParametersForImport: ['imported', 'imported', 'PD', 'ok', 'UO', 'CR', 'UP'],
  GetPublicKey: otherUse,
  ImportKeyMaterial: ['imported', 'imported', 'PD', 'ok', 'UO', 'CR', 'imported'],
  ListAliases: always,
  ListGrants: always,
  ListKeyPolicies: always,
  ListKeyRotations: always,
  ListResourceTags: always,
  PutKeyPolicy: always,
  ReEncrypt: symmetricUse,
  ReplicateKey: ['primary', 'D', 'PD', 'PI', '-', 'CR', 'UP'],
  RetireGrant: always,
  RevokeGrant: always,
  RotateKeyOnDemand: ['turns', 'D', 'PD', 'PI', 'UO', 'CR', 'UP'],
  ScheduleKeyDeletion: ['ok', 'ok', 'PD', 'ok', 'ok', 'ok', 'UP'],
  Sign: otherUse,
  TagResource: untilDeletion,
  UntagResource: untilDeletion,
  UpdateAlias: untilDeletion,
  UpdateKeyDescription: untilDeletion,
  UpdatePrimaryRegion: ['primary', 'D', 'PD', 'PI', '-', 'CR', 'primary'],
  Verify: otherUse,
  VerifyMac: otherUse,
} as const satisfies Record<string, Row>;

/** An operation that has a key, by AWS's name. */
export type KeyOperation = keyof typeof keyStateTable;

/** True for operations that have a key; CreateKey, ListKeys, GenerateRandom and those on key stores have none. */
export function isKeyOperation(operation: string): operation is KeyOperation {
  return Object.hasOwn(keyStateTable, operation);
}
