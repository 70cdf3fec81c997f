import { PutUserPolicyCommand, type IAMClient } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { membersOf, operations } from '@trent/contracts';
import { sampleInput } from '../contract/samples.ts';
import { Caller, type Members } from '../fixtures/caller.ts';
import { anotherAccount, testCluster, type TestAccount } from '../fixtures/cluster.ts';
import { aUser, callerOf, freshName, iamClient, type TestUser } from '../fixtures/iam.ts';
import { aKey, anAlias, type TestKey } from '../fixtures/keys.ts';
import { mapService } from '../fixtures/services.ts';

/** What the requests of the table are about. */
interface Scene {
  readonly account: string;
  readonly key: TestKey;
  readonly relative: TestKey;
  readonly alias: string;
}

interface Row {
  readonly key: string;
  readonly rpc: string;
  /** Members beside those that the operation cannot do without. */
  readonly input?: (scene: Scene) => Members;
  readonly fits: string | ((scene: Scene) => string);
  readonly other: string;
  /** StringEquals, unless said otherwise. */
  readonly operator?: string;
  /** The caller is a service. */
  readonly service?: string;
  /** Other actions that the request asks for. */
  readonly also?: readonly string[];
}

const grantee = ({ account }: Scene): Members => ({ GranteePrincipal: `arn:aws:iam::${account}:root`, Operations: ['Decrypt'] });
const ofService = (scene: Scene): Members => ({
  KeyId: scene.key.id,
  GranteePrincipal: undefined,
  GranteeServicePrincipal: 's3.us-east-1.amazonaws.com',
  RetiringServicePrincipal: 'backup.amazonaws.com',
  Operations: ['Decrypt'],
  Constraints: { SourceArn: 'arn:aws:s3:us-east-1:111122223333:bucket' },
});
const CONTEXT = { EncryptionContext: { tenant: 'blue' } };
const TAGS = { Tags: [{ TagKey: 'team', TagValue: 'blue' }] };
const ANY = 'ForAnyValue:StringEquals';
const aDay = 86_400;
const tomorrow = Math.floor(Date.now() / 1000) + aDay;

/** Every condition key of AWS KMS (developer guide, "AWS KMS condition keys"), on a request that has it. */
const ROWS: readonly Row[] = [
  { key: 'kms:BypassPolicyLockoutSafetyCheck', rpc: 'PutKeyPolicy', operator: 'Bool', fits: 'false', other: 'true' },
  { key: 'kms:CallerAccount', rpc: 'DescribeKey', fits: ({ account }) => account, other: '999999999999' },
  { key: 'kms:CustomerMasterKeySpec', rpc: 'DescribeKey', fits: 'SYMMETRIC_DEFAULT', other: 'RSA_2048' },
  { key: 'kms:CustomerMasterKeyUsage', rpc: 'DescribeKey', fits: 'ENCRYPT_DECRYPT', other: 'SIGN_VERIFY' },
  { key: 'kms:DataKeyPairSpec', rpc: 'GenerateDataKeyPairWithoutPlaintext', fits: 'ECC_NIST_P256', other: 'RSA_2048' },
  { key: 'kms:EncryptionAlgorithm', rpc: 'Encrypt', fits: 'SYMMETRIC_DEFAULT', other: 'RSAES_OAEP_SHA_1' },
  { key: 'kms:EncryptionContext:Tenant', rpc: 'Encrypt', input: () => CONTEXT, fits: 'blue', other: 'Blue' },
  { key: 'kms:EncryptionContextKeys', rpc: 'GenerateDataKey', input: () => CONTEXT, operator: ANY, fits: 'tenant', other: 'Tenant' },
  {
    key: 'kms:ExpirationModel',
    rpc: 'ImportKeyMaterial',
    fits: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
    other: 'KEY_MATERIAL_EXPIRES',
  },
  {
    key: 'kms:GrantConstraintSourceArn',
    rpc: 'CreateGrant',
    operator: 'ArnEquals',
    input: ofService,
    fits: 'arn:aws:s3:us-east-1:111122223333:bucket',
    other: 'arn:aws:s3:us-east-1:111122223333:b',
  },
  {
    key: 'kms:GrantConstraintType',
    rpc: 'CreateGrant',
    input: (scene) => ({ ...grantee(scene), Constraints: { EncryptionContextSubset: { tenant: 'blue' } } }),
    fits: 'EncryptionContextSubset',
    other: 'EncryptionContextEquals',
  },
  { key: 'kms:GrantIsForAWSResource', rpc: 'CreateGrant', operator: 'Bool', input: grantee, fits: 'false', other: 'true' },
  { key: 'kms:GrantIsForAWSResource', rpc: 'ListGrants', operator: 'Bool', service: 's3', fits: 'true', other: 'false' },
  { key: 'kms:GrantOperations', rpc: 'CreateGrant', operator: ANY, input: grantee, fits: 'Decrypt', other: 'Encrypt' },
  { key: 'kms:GranteePrincipal', rpc: 'CreateGrant', input: grantee, fits: ({ account }) => `arn:aws:iam::${account}:root`, other: '*' },
  {
    key: 'kms:GranteeServicePrincipal',
    rpc: 'CreateGrant',
    input: ofService,
    fits: 's3.us-east-1.amazonaws.com',
    other: 's3.amazonaws.com',
  },
  { key: 'kms:RetiringServicePrincipal', rpc: 'CreateGrant', input: ofService, fits: 'backup.amazonaws.com', other: 's3.amazonaws.com' },
  {
    key: 'kms:RetiringPrincipal',
    rpc: 'CreateGrant',
    input: (scene) => ({ ...grantee(scene), RetiringPrincipal: `arn:aws:iam::${scene.account}:root` }),
    fits: ({ account }) => `arn:aws:iam::${account}:root`,
    other: '*',
  },
  { key: 'kms:KeyAgreementAlgorithm', rpc: 'DeriveSharedSecret', fits: 'ECDH', other: 'none' },
  { key: 'kms:KeyOrigin', rpc: 'DescribeKey', fits: 'AWS_KMS', other: 'EXTERNAL' },
  { key: 'kms:KeyOrigin', rpc: 'CreateKey', fits: 'AWS_KMS', other: 'EXTERNAL' },
  { key: 'kms:KeySpec', rpc: 'DescribeKey', fits: 'SYMMETRIC_DEFAULT', other: 'RSA_2048' },
  {
    key: 'kms:KeySpec',
    rpc: 'CreateKey',
    input: () => ({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }),
    fits: 'HMAC_256',
    other: 'HMAC_512',
  },
  { key: 'kms:KeyUsage', rpc: 'DescribeKey', fits: 'ENCRYPT_DECRYPT', other: 'SIGN_VERIFY' },
  { key: 'kms:MacAlgorithm', rpc: 'GenerateMac', fits: 'HMAC_SHA_256', other: 'HMAC_SHA_512' },
  { key: 'kms:MessageType', rpc: 'Sign', fits: 'RAW', other: 'DIGEST' },
  { key: 'kms:MultiRegion', rpc: 'DescribeKey', operator: 'Bool', fits: 'false', other: 'true' },
  {
    key: 'kms:MultiRegionKeyType',
    rpc: 'DescribeKey',
    input: ({ relative }) => ({ KeyId: relative.id }),
    fits: 'PRIMARY',
    other: 'REPLICA',
  },
  { key: 'kms:PolicyName', rpc: 'GetKeyPolicy', fits: 'default', other: 'other' },
  { key: 'kms:PrimaryRegion', rpc: 'UpdatePrimaryRegion', fits: 'eu-west-1', other: 'us-east-1' },
  { key: 'kms:ReplicaRegion', rpc: 'ReplicateKey', also: ['kms:CreateKey'], fits: 'eu-west-1', other: 'us-east-1' },
  { key: 'kms:ReEncryptOnSameKey', rpc: 'ReEncrypt', operator: 'Bool', also: ['kms:ReEncryptFrom'], fits: 'false', other: 'true' },
  {
    key: 'kms:RequestAlias',
    rpc: 'DescribeKey',
    input: ({ alias }) => ({ KeyId: alias }),
    fits: ({ alias }) => alias,
    other: 'alias/other',
  },
  { key: 'kms:ResourceAliases', rpc: 'DescribeKey', operator: ANY, fits: ({ alias }) => alias, other: 'alias/other' },
  { key: 'kms:RotationPeriodInDays', rpc: 'EnableKeyRotation', operator: 'NumericEquals', fits: '365', other: '90' },
  { key: 'kms:ScheduleKeyDeletionPendingWindowInDays', rpc: 'ScheduleKeyDeletion', operator: 'NumericGreaterThan', fits: '6', other: '7' },
  { key: 'kms:SigningAlgorithm', rpc: 'Sign', fits: 'ECDSA_SHA_256', other: 'ECDSA_SHA_384' },
  { key: 'kms:TrailingDaysWithoutKeyUsage', rpc: 'DisableKey', operator: 'NumericLessThan', fits: '1', other: '0' },
  { key: 'kms:TrailingDaysWithoutKeyUsage', rpc: 'ScheduleKeyDeletion', operator: 'NumericLessThan', fits: '1', other: '0' },
  {
    key: 'kms:ValidTo',
    rpc: 'ImportKeyMaterial',
    input: () => ({ ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: tomorrow }),
    operator: 'DateLessThanEquals',
    fits: String(tomorrow),
    other: String(tomorrow - aDay),
  },
  { key: 'kms:ViaService', rpc: 'GenerateDataKey', service: 's3', fits: 's3.us-east-1.amazonaws.com', other: 's3.eu-west-1.amazonaws.com' },
  { key: 'kms:WrappingAlgorithm', rpc: 'GetParametersForImport', fits: 'RSAES_OAEP_SHA_1', other: 'RSAES_OAEP_SHA_256' },
  { key: 'kms:WrappingKeySpec', rpc: 'GetParametersForImport', fits: 'RSA_2048', other: 'RSA_4096' },
  { key: 'aws:ViaAWSService', rpc: 'DescribeKey', operator: 'Bool', service: 's3', fits: 'true', other: 'false' },
  {
    key: 'aws:CalledVia',
    rpc: 'DescribeKey',
    operator: ANY,
    service: 'dynamodb',
    fits: 'dynamodb.amazonaws.com',
    other: 's3.amazonaws.com',
  },
  { key: 'aws:RequestTag/team', rpc: 'CreateKey', also: ['kms:TagResource'], input: () => TAGS, fits: 'blue', other: 'red' },
  { key: 'aws:TagKeys', rpc: 'TagResource', operator: ANY, input: () => TAGS, fits: 'team', other: 'cost' },
];

let owner: TestAccount;
let root: Caller;
let iam: IAMClient;
let scene: Scene;
let helper: TestKey;
const services = new Map<string, Promise<TestUser>>();
beforeAll(async () => {
  owner = await anotherAccount(testCluster());
  root = new Caller({ account: owner });
  iam = iamClient({ account: owner });
  const [key, relative] = [await aKey(root), await aKey(root, { MultiRegion: true })];
  helper = await aKey(root);
  scene = { account: owner.accountId, key, relative, alias: await anAlias(root, key) };
}, 120_000);
afterAll(() => root[Symbol.dispose]());

/** The user that asks, made when first needed: nobody in particular, or a service. */
function asker(service = ''): Promise<TestUser> {
  const known = services.get(service);
  if (known !== undefined) return known;
  const made = aUser(iam, owner).then(async (user) => {
    if (service !== '') await mapService(user.arn, service);
    return user;
  });
  services.set(service, made);
  return made;
}

async function inputOf({ rpc, input }: Row): Promise<Members> {
  const operation = operations.get(`kms.${rpc}`);
  if (operation === undefined) throw new Error(`${rpc} is not served`);
  // What ends the use of a key is asked of a key of its own.
  const key = ['DisableKey', 'ScheduleKeyDeletion', 'PutKeyPolicy'].includes(rpc) ? await aKey(root) : scene.key;
  const situation = { caller: root, key, helper, material: undefined, position: 0, usable: !['Sign', 'GenerateMac'].includes(rpc) };
  return { ...(await sampleInput(operation, situation)), ...input?.(scene) };
}

describe('a policy that asks for a condition key', () => {
  test.each(ROWS)('$key allows $rpc where it fits and not otherwise', async (row) => {
    const user = await asker(row.service);
    const input = await inputOf(row);
    const operation = operations.get(`kms.${row.rpc}`);
    const actions = operation?.option.keys.map(({ action }) => (action === '' ? operation.action : action)) ?? [];
    const last = actions.at(-1) ?? `kms:${row.rpc}`;
    using caller = callerOf(user);
    const ask = async (value: string): Promise<string> => {
      const condition = { [row.operator ?? 'StringEquals']: { [row.key]: value } };
      const statements = [
        { Effect: 'Allow', Action: last, Resource: '*', Condition: condition },
        ...(row.also ?? []).map((action) => ({ Effect: 'Allow', Action: action, Resource: '*' })),
      ];
      const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: statements });
      await iam.send(new PutUserPolicyCommand({ UserName: user.name, PolicyName: 'asked', PolicyDocument }));
      return (await caller.kms(row.rpc, input)).error ?? '';
    };
    expect(await ask(row.other)).toBe('AccessDeniedException');
    expect(await ask(typeof row.fits === 'string' ? row.fits : row.fits(scene))).not.toMatch(/AccessDenied|Validation|Internal/);
  });

  test('is in the table for every key that a member of a request gives', () => {
    const marked = [...operations.values()]
      .filter(({ wire }) => wire.signingName === 'kms')
      .flatMap(({ request }) => membersOf(request).map(({ member }) => member.conditionKey))
      .filter((key) => key.startsWith('kms:') && key !== 'kms:EncapsulationAlgorithm');
    const asked = new Set(ROWS.map(({ key }) => key.split(':').slice(0, 2).join(':')));
    expect([...new Set(marked.map((key) => key.replace(/:$/, '')))].filter((key) => !asked.has(key))).toEqual([]);
  });
});

describe('tags of a new key', () => {
  test('ask for kms:TagResource in an identity policy, and a refused CreateKey leaves nothing behind', async () => {
    const account = await anotherAccount(testCluster());
    const admin = iamClient({ account });
    const user = await aUser(admin, account);
    const may = (Action: string[]) =>
      admin.send(
        new PutUserPolicyCommand({
          UserName: user.name,
          PolicyName: freshName(),
          PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action, Resource: '*' } }),
        }),
      );
    using caller = callerOf(user);
    await may(['kms:CreateKey', 'kms:ListKeys', 'kms:ListAliases']);
    const denied = await caller.kms('CreateKey', TAGS);
    expect(denied).toMatchObject({ error: 'AccessDeniedException' });
    expect(denied.message).toContain('is not authorized to perform: kms:TagResource');
    const locked = JSON.stringify({ Version: '2012-10-17', Statement: [] });
    for (const bad of [{ Policy: locked }, { Policy: '{' }, { KeySpec: 'RSA_2048' }, { Tags: [...TAGS.Tags, ...TAGS.Tags] }])
      expect((await caller.kms('CreateKey', bad)).status).toBe(400);
    expect((await caller.ok('ListKeys')).body['Keys']).toEqual([]);
    expect((await caller.ok('ListAliases')).body['Aliases']).toEqual([]);
    await may(['kms:TagResource']);
    expect((await caller.kms('CreateKey', TAGS)).status).toBe(200);
    expect((await caller.ok('ListKeys')).body['Keys']).toHaveLength(1);
  });
});
