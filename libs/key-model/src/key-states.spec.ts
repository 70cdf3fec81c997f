import { describe, expect, test } from '@jest/globals';

import { isKeyOperation, KEY_STATES, keyStateTable, operationInState } from './index.ts';
import type { KeyFacts, KeyOperation, KeyState } from './index.ts';

const ARN = 'arn:aws:kms:eu-west-1:111122223333:key/1b2c3d4e-0000-4000-8000-00000000000a';

/**
 * The developer guide's table, written down a second time, as it is printed there: operations and what they answer in each state, for the
 * key that suits them best. Where "x / UO" is printed, the first half; whether the key suits is tested below.
 */
const GUIDE = `
  Enabled | Disabled | PendingDeletion | PendingImport | Unavailable | Creating | Updating
  NP | NP | ok | NP | NP | NP | NP : CancelKeyDeletion
  ok | ok | PD | ok | ok | ok | ok : CreateAlias TagResource UntagResource UpdateKeyDescription UpdateAlias
  ok | D | PD | PI | ok | CR | ok  : CreateGrant
  ok | D | PD | PI | UN | CR | ok  : Decrypt Encrypt GenerateDataKey GenerateDataKeyWithoutPlaintext GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext ReEncrypt
  ok | D | PD | PI | -- | CR | ok  : Sign Verify GenerateMac VerifyMac GetPublicKey DeriveSharedSecret Encapsulate Decapsulate
  ok | ok | ok | ok | ok | ok | ok : DeleteAlias DescribeKey GetKeyPolicy PutKeyPolicy ListKeyPolicies ListAliases ListGrants ListResourceTags RetireGrant RevokeGrant
  ok | ok | ok | ok | ok | ok | ok : GetKeyLastUsage ListKeyRotations
  ok | ok | ok | ok | -- | CR | UP : DeleteImportedKeyMaterial
  ok | ok | PD | PI | ok | CR | UP : EnableKey DisableKey
  ok | D | PD | UO | UO | CR | ok  : EnableKeyRotation DisableKeyRotation
  ok | ok | ok | UO | UO | ok | ok : GetKeyRotationStatus
  ok | D | PD | PI | UO | CR | UP  : RotateKeyOnDemand
  ok | ok | PD | ok | UO | CR | UP : GetParametersForImport
  ok | ok | PD | ok | UO | CR | ok : ImportKeyMaterial
  ok | D | PD | PI | -- | CR | UP  : ReplicateKey
  ok | ok | PD | ok | ok | ok | UP : ScheduleKeyDeletion
  ok | D | PD | PI | -- | CR | ok  : UpdatePrimaryRegion`;

const ANSWERS: Record<string, { code: string; message: string } | undefined> = {
  D: { code: 'DisabledException', message: `${ARN} is disabled.` },
  PD: { code: 'KMSInvalidStateException', message: `${ARN} is pending deletion.` },
  PI: { code: 'KMSInvalidStateException', message: `${ARN} is pending import.` },
  NP: { code: 'KMSInvalidStateException', message: `${ARN} is not pending deletion.` },
  UN: { code: 'KMSInvalidStateException', message: `${ARN} is unavailable.` },
  CR: { code: 'KMSInvalidStateException', message: `${ARN} is creating.` },
  UP: { code: 'KMSInvalidStateException', message: `${ARN} is updating.` },
  '--': { code: 'KMSInvalidStateException', message: `${ARN} is unavailable.` },
  UO: { code: 'UnsupportedOperationException', message: '' },
};

function readGuide(): { operation: string; state: KeyState; cell: string }[] {
  const [head = '', ...lines] = GUIDE.trim().split('\n');
  const columns = head.split('|').map((name) => name.trim() as KeyState);
  return lines.flatMap((line) => {
    const [cells = '', operations = ''] = line.split(':');
    const codes = cells.split('|').map((code) => code.trim());
    const printed = columns.map((state, i) => ({ state, cell: codes[i] ?? '?' }));
    const all = [...printed, { state: 'PendingReplicaDeletion' as const, cell: codes[2] ?? '?' }];
    return operations
      .trim()
      .split(' ')
      .flatMap((operation) => all.map((entry) => ({ operation, ...entry })));
  });
}

describe('operation × key state', () => {
  const cells = readGuide();

  test.each(cells)('$operation on a key that is $state: $cell', ({ operation, state, cell }) => {
    if (!isKeyOperation(operation)) throw new Error('not an operation of the table');
    const answer = ANSWERS[cell];
    const act = (): void => {
      operationInState(operation, state, ARN);
    };
    if (cell === 'ok') act();
    else expect(act).toThrow(expect.objectContaining(answer ?? { code: 'a cell without meaning' }));
  });

  test('the guide and the table have the same 46 operations and 8 states', () => {
    expect(new Set(cells.map(({ operation }) => operation))).toEqual(new Set(Object.keys(keyStateTable)));
    expect(Object.keys(keyStateTable)).toHaveLength(46);
    expect(cells).toHaveLength(46 * KEY_STATES.length);
  });

  test.each(['CreateKey', 'ListKeys', 'GenerateRandom', 'ListRetirableGrants', 'ConnectCustomKeyStore', 'toString', ''])(
    '%j has no key',
    (operation) => {
      expect(isKeyOperation(operation)).toBe(false);
    },
  );
});

describe('what hangs on the key itself', () => {
  const own: KeyFacts = { spec: 'SYMMETRIC_DEFAULT', origin: 'AWS_KMS', multiRegion: 'NONE' };
  const imported: KeyFacts = { ...own, origin: 'EXTERNAL' };
  const inStore: KeyFacts = { ...own, origin: 'AWS_CLOUDHSM' };
  const origin = (name: string): string => `${ARN} origin is ${name} which is not valid for this operation.`;
  const notPrimary = `${ARN} is not a multi-region primary key.`;

  const rows: [KeyOperation, KeyState, string, KeyFacts, string | undefined][] = [
    ['EnableKeyRotation', 'Enabled', 'own material', own, undefined],
    ['EnableKeyRotation', 'Enabled', 'a primary', { ...own, multiRegion: 'PRIMARY' }, undefined],
    ['EnableKeyRotation', 'Enabled', 'a replica', { ...own, multiRegion: 'REPLICA' }, notPrimary],
    ['EnableKeyRotation', 'Enabled', 'RSA', { ...own, spec: 'RSA_2048' }, ''],
    ['EnableKeyRotation', 'Enabled', 'HMAC', { ...own, spec: 'HMAC_256' }, ''],
    ['EnableKeyRotation', 'Enabled', 'imported material', imported, origin('EXTERNAL')],
    ['EnableKeyRotation', 'PendingImport', 'imported material', imported, origin('EXTERNAL')],
    ['EnableKeyRotation', 'Unavailable', 'a key store', inStore, origin('AWS_CLOUDHSM')],
    ['DisableKeyRotation', 'Updating', 'RSA', { ...own, spec: 'RSA_2048' }, ''],
    ['GetKeyRotationStatus', 'Enabled', 'own material', own, undefined],
    ['GetKeyRotationStatus', 'Enabled', 'RSA: false, not an error', { ...own, spec: 'RSA_2048' }, undefined],
    ['GetKeyRotationStatus', 'Disabled', 'HMAC: false, not an error', { ...own, spec: 'HMAC_256' }, undefined],
    ['GetKeyRotationStatus', 'Enabled', 'imported material', imported, origin('EXTERNAL')],
    ['GetKeyRotationStatus', 'PendingImport', 'imported material', imported, origin('EXTERNAL')],
    ['RotateKeyOnDemand', 'Enabled', 'own material', own, undefined],
    ['RotateKeyOnDemand', 'Enabled', 'imported material', imported, undefined],
    ['RotateKeyOnDemand', 'Enabled', 'RSA', { ...own, spec: 'RSA_2048' }, ''],
    ['RotateKeyOnDemand', 'Enabled', 'imported RSA', { ...imported, spec: 'RSA_2048' }, ''],
    ['RotateKeyOnDemand', 'Enabled', 'a key store', inStore, origin('AWS_CLOUDHSM')],
    ['RotateKeyOnDemand', 'Enabled', 'a replica', { ...own, multiRegion: 'REPLICA' }, notPrimary],
    ['GetParametersForImport', 'Enabled', 'imported material', imported, undefined],
    ['GetParametersForImport', 'Disabled', 'own material', own, origin('AWS_KMS')],
    ['ImportKeyMaterial', 'Enabled', 'own material', own, origin('AWS_KMS')],
    ['ImportKeyMaterial', 'Updating', 'own material', own, origin('AWS_KMS')],
    ['ImportKeyMaterial', 'PendingImport', 'imported material', imported, undefined],
    ['DeleteImportedKeyMaterial', 'PendingDeletion', 'imported material', imported, undefined],
    ['DeleteImportedKeyMaterial', 'Enabled', 'own material', own, origin('AWS_KMS')],
    ['ReplicateKey', 'Enabled', 'a primary', { ...own, multiRegion: 'PRIMARY' }, undefined],
    ['ReplicateKey', 'Enabled', 'a single-Region key', own, notPrimary],
    ['ReplicateKey', 'Enabled', 'a replica', { ...own, multiRegion: 'REPLICA' }, notPrimary],
    ['UpdatePrimaryRegion', 'Updating', 'a primary', { ...own, multiRegion: 'PRIMARY' }, undefined],
    ['UpdatePrimaryRegion', 'Enabled', 'a single-Region key', own, notPrimary],
  ];
  test.each(rows)('%s on a key that is %s, %s', (operation, state, _key, facts, message) => {
    const act = (): void => {
      operationInState(operation, state, ARN, facts);
    };
    if (message === undefined) act();
    else expect(act).toThrow(expect.objectContaining({ code: 'UnsupportedOperationException', message }));
  });

  test('state comes before spec and origin', () => {
    const rsa: KeyFacts = { ...own, spec: 'RSA_2048' };
    expect(() => {
      operationInState('EnableKeyRotation', 'Disabled', ARN, rsa);
    }).toThrow(expect.objectContaining({ code: 'DisabledException' }));
    expect(() => {
      operationInState('RotateKeyOnDemand', 'PendingImport', ARN, { ...rsa, origin: 'EXTERNAL' });
    }).toThrow(expect.objectContaining({ message: `${ARN} is pending import.` }));
  });
});

test('a key of an external key store is unavailable in words of its own', () => {
  const notConnected = expect.objectContaining({
    code: 'KMSInvalidStateException',
    message: expect.stringMatching(
      /^This KMS key is in a custom key store that is not connected to its external key store proxy\./,
    ) as unknown,
  }) as unknown as Error;
  expect(() => operationInState('Encrypt', 'Unavailable', ARN, undefined, 'EXTERNAL_KEY_STORE')).toThrow(notConnected);
  expect(() => operationInState('Encrypt', 'Unavailable', ARN, undefined, 'AWS_CLOUDHSM')).toThrow(`${ARN} is unavailable.`);
  expect(() => operationInState('Encrypt', 'PendingDeletion', ARN, undefined, 'EXTERNAL_KEY_STORE')).toThrow(`${ARN} is pending deletion.`);
});
