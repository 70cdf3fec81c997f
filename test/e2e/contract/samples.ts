import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { membersOf, type Operation } from '@trent/contracts';
import type { Caller, Members } from '../fixtures/caller.ts';
import { importOf, parametersFor } from '../fixtures/imports.ts';
import { blob, encrypted, type TestKey } from '../fixtures/keys.ts';
import { sampleOf } from './sample-requests.ts';

/** What a request is made for: the key at hand, usable still, and a second one that stays usable. */
export interface Situation {
  readonly caller: Caller;
  /** The key whose state or spec is walked. */
  readonly key: TestKey;
  /** Material that was imported; undefined for a key whose material Trent made. */
  readonly material: Buffer | undefined;
  /** An enabled symmetric key. */
  readonly helper: TestKey;
  /** Which of the operation's keys is the one at hand; the helper is the other. */
  readonly position: number;
  /** Whether the key can do the operation; for one that can't, what only it could make is any bytes. */
  readonly usable: boolean;
}

type Sample = (situation: Situation) => unknown;

const message = blob('orders');
const MAC = { MacAlgorithm: 'HMAC_SHA_256', Message: message };
const SIGNING = { SigningAlgorithm: 'ECDSA_SHA_256', Message: message };

/**
 * A good value of each required member, and of optional ones that an operation cannot do without (`Operation.Member`). An operation that joins
 * with a member of a name not seen before makes the walks fail until the member stands here.
 */
const samples: Readonly<Record<string, Sample>> = {
  KeyId: ({ key }) => key.id,
  TargetKeyId: ({ key }) => key.id,
  DestinationKeyId: ({ key, helper, position }) => (position === 1 ? key.id : helper.id),
  'ReEncrypt.SourceKeyId': ({ key, helper, position }) => (position === 1 ? helper.id : key.id),
  'ListAliases.KeyId': ({ key }) => key.id,
  'RetireGrant.KeyId': ({ key }) => key.arn,
  'Decrypt.KeyId': ({ key }) => key.id,
  Description: () => 'a description',
  Plaintext: () => message,
  'Decrypt.CiphertextBlob': ({ caller, key, helper, usable }) => encrypted(caller, usable ? key : helper, 'kept'),
  'ReEncrypt.CiphertextBlob': ({ caller, key, helper, position, usable }) =>
    encrypted(caller, usable && position === 0 ? key : helper, 'kept'),
  'GenerateDataKey.KeySpec': () => 'AES_256',
  'GenerateDataKeyWithoutPlaintext.KeySpec': () => 'AES_256',
  KeyPairSpec: () => 'ECC_NIST_P256',
  Message: () => message,
  MacAlgorithm: () => MAC.MacAlgorithm,
  Mac: ({ caller, key, usable }) => (usable ? memberOf(caller, 'GenerateMac', { KeyId: key.id, ...MAC }, 'Mac') : message),
  SigningAlgorithm: () => SIGNING.SigningAlgorithm,
  Signature: ({ caller, key, usable }) => (usable ? memberOf(caller, 'Sign', { KeyId: key.id, ...SIGNING }, 'Signature') : message),
  KeyAgreementAlgorithm: () => 'ECDH',
  PublicKey: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
  EncapsulationAlgorithm: () => 'ML_KEM',
  SharedSecretCiphertextBlob: () => blob(randomBytes(1088)),
  AliasName: ({ caller, helper }) => anAliasOf(caller, helper),
  'CreateAlias.AliasName': () => `alias/${randomUUID()}`,
  'DeleteAlias.AliasName': ({ caller, key }) => anAliasOf(caller, key),
  Tags: () => [{ TagKey: 'team', TagValue: 'blue' }],
  TagKeys: () => ['team'],
  Policy: ({ caller, key }) => memberOf(caller, 'GetKeyPolicy', { KeyId: key.id }, 'Policy'),
  WrappingAlgorithm: () => 'RSAES_OAEP_SHA_1',
  WrappingKeySpec: () => 'RSA_2048',
  ImportToken: () => blob('no token'),
  EncryptedKeyMaterial: () => blob('no material'),
  'ImportKeyMaterial.ExpirationModel': () => 'KEY_MATERIAL_DOES_NOT_EXPIRE',
  Operations: () => ['DescribeKey'],
  'CreateGrant.GranteePrincipal': ({ caller }) => rootOf(caller),
  // A cluster that no module serves: a store of it is asked for, and not made.
  'CreateCustomKeyStore.CloudHsmClusterId': () => 'cluster-abcdefghijk',
  'CreateCustomKeyStore.KeyStorePassword': () => 'no password',
  'CreateCustomKeyStore.TrustAnchorCertificate': () => 'no certificate',
  'ListRetirableGrants.RetiringPrincipal': ({ caller }) => rootOf(caller),
  'GenerateRandom.NumberOfBytes': () => 8,
  GrantId: aGrant,
  'RetireGrant.GrantId': aGrant,
  ReplicaRegion: () => 'eu-west-1',
  PrimaryRegion: () => 'eu-west-1',
  'ScheduleKeyDeletion.PendingWindowInDays': () => 7,
};

/**
 * A request that the operation would grant for a key in use; one without keys need only be well formed.
 * @throws Error for a required member without a sample
 */
export async function sampleInput({ rpc, request, name, option }: Operation, situation: Situation): Promise<Members> {
  const input: Record<string, unknown> = {};
  for (const field of membersOf(request)) {
    const { awsName, member } = field;
    const sample = samples[`${rpc}.${awsName}`] ?? (member.required ? samples[awsName] : undefined);
    if (sample !== undefined) input[awsName] = await sample(situation);
    else if (member.required && option.keys.length === 0) input[awsName] = sampleOf(field);
    else if (member.required) throw new Error(`${name} requires ${awsName}, of which samples.ts has none`);
  }
  const { caller, key, material } = situation;
  if (rpc !== 'ImportKeyMaterial' || material === undefined) return input;
  return importOf(key, await parametersFor(caller, key), material);
}

async function memberOf(caller: Caller, operation: string, input: Members, member: string): Promise<unknown> {
  return (await caller.ok(operation, input)).body[member];
}

async function anAliasOf(caller: Caller, { id }: TestKey): Promise<string> {
  const AliasName = `alias/${randomUUID()}`;
  await caller.ok('CreateAlias', { AliasName, TargetKeyId: id });
  return AliasName;
}

function aGrant({ caller, key }: Situation): Promise<unknown> {
  const principal = rootOf(caller);
  const input = { KeyId: key.id, GranteePrincipal: principal, RetiringPrincipal: principal, Operations: ['DescribeKey'] };
  return memberOf(caller, 'CreateGrant', input, 'GrantId');
}

function rootOf({ account }: Caller): string {
  return `arn:aws:iam::${account.accountId}:root`;
}
