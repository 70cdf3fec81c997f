import { randomUUID, randomBytes } from 'node:crypto';
import { aUser } from '../fixtures/iam.ts';
import { anImportKey, importOf, parametersFor } from '../fixtures/imports.ts';
import { aKey, blob, type TestKey } from '../fixtures/keys.ts';
import { answered, seenBy, type Effect, type EffectRow } from './effect.ts';
import type { Stage } from './stage.ts';

const Plaintext = blob('x');

/** A key of the account, and its use by the root at each gateway. */
async function aUsedKey({ root }: Stage): Promise<{ key: TestKey; look: Effect['look'] }> {
  const key = await aKey(root[0]!);
  return { key, look: (gateway) => seenBy(root[gateway], 'Encrypt', { KeyId: key.id, Plaintext }) };
}

/** A user who has no right of its own, and the use of a key by it at each gateway. */
async function aGrantee(stage: Stage) {
  const key = await aKey(stage.root[0]!);
  const user = await aUser(stage.iam[0]!, stage.account);
  const callers = stage.callersOf(user.account);
  const look: Effect['look'] = (gateway) => seenBy(callers[gateway], 'Encrypt', { KeyId: key.arn, Plaintext });
  return { key, user, look };
}

/** A key policy that leaves the account in charge and lets principals use the key. */
function keyPolicy(accountId: string, users: readonly string[]): string {
  const root = { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${accountId}:root` }, Action: 'kms:*', Resource: '*' };
  const use = { Effect: 'Allow', Principal: { AWS: users }, Action: 'kms:Encrypt', Resource: '*' };
  return JSON.stringify({ Version: '2012-10-17', Statement: users.length === 0 ? [root] : [root, use] });
}

/** A grant that is made again each time, and ended in one of the two ways. */
function endedBy(operation: 'RevokeGrant' | 'RetireGrant'): EffectRow['begin'] {
  return async (stage) => {
    const { key, user, look } = await aGrantee(stage);
    const grant = { KeyId: key.arn, GranteePrincipal: user.arn, RetiringPrincipal: user.arn, Operations: ['Encrypt', 'RetireGrant'] };
    let GrantId = '';
    const takeBack: Effect['takeBack'] = async (gateway) => {
      GrantId = String((await stage.root[gateway]!.change('CreateGrant', grant)).body['GrantId']);
    };
    await takeBack(0);
    return { make: (gateway) => stage.root[gateway]!.change(operation, { KeyId: key.arn, GrantId }), takeBack, look };
  };
}

/** What changes about keys, their policies, grants and names (P7). */
export const keyEffects: readonly EffectRow[] = [
  {
    name: 'DisableKey, EnableKey',
    made: 'DisabledException',
    takenBack: 'served',
    begin: async (stage) => {
      const { key, look } = await aUsedKey(stage);
      return {
        make: (gateway) => stage.root[gateway]!.change('DisableKey', { KeyId: key.id }),
        takeBack: (gateway) => stage.root[gateway]!.change('EnableKey', { KeyId: key.id }),
        look,
      };
    },
  },
  {
    name: 'PutKeyPolicy',
    made: 'AccessDeniedException',
    takenBack: 'served',
    begin: async (stage) => {
      const { key, user, look } = await aGrantee(stage);
      const put = (gateway: number, users: readonly string[]) =>
        stage.root[gateway]!.change('PutKeyPolicy', { KeyId: key.arn, Policy: keyPolicy(stage.account.accountId, users) });
      await put(0, [user.arn]);
      return { make: (gateway) => put(gateway, []), takeBack: (gateway) => put(gateway, [user.arn]), look };
    },
  },
  { name: 'RevokeGrant, CreateGrant', made: 'AccessDeniedException', takenBack: 'served', begin: endedBy('RevokeGrant') },
  { name: 'RetireGrant, CreateGrant', made: 'AccessDeniedException', takenBack: 'served', begin: endedBy('RetireGrant') },
  {
    name: 'UpdateAlias',
    made: 'second key',
    takenBack: 'first key',
    begin: async ({ root }) => {
      const [first, second] = [await aKey(root[0]!), await aKey(root[0]!)];
      const AliasName = `alias/${randomUUID()}`;
      await root[0]!.ok('CreateAlias', { AliasName, TargetKeyId: first.id });
      const point = (gateway: number, { id }: TestKey) => root[gateway]!.change('UpdateAlias', { AliasName, TargetKeyId: id });
      return {
        make: (gateway) => point(gateway, second),
        takeBack: (gateway) => point(gateway, first),
        look: async (gateway) => {
          const { body, error } = await answered(root[gateway], 'Encrypt', { KeyId: AliasName, Plaintext });
          return error ?? (body['KeyId'] === second.arn ? 'second key' : 'first key');
        },
      };
    },
  },
  {
    name: 'DeleteAlias, CreateAlias',
    made: 'NotFoundException',
    takenBack: 'served',
    begin: async ({ root }) => {
      const { id: TargetKeyId } = await aKey(root[0]!);
      const AliasName = `alias/${randomUUID()}`;
      const create = (gateway: number) => root[gateway]!.change('CreateAlias', { AliasName, TargetKeyId });
      await create(0);
      return {
        make: (gateway) => root[gateway]!.change('DeleteAlias', { AliasName }),
        takeBack: create,
        look: (gateway) => seenBy(root[gateway], 'Encrypt', { KeyId: AliasName, Plaintext }),
      };
    },
  },
  {
    name: 'DeleteImportedKeyMaterial, ImportKeyMaterial',
    made: 'KMSInvalidStateException',
    takenBack: 'served',
    begin: async ({ root }) => {
      const key = await anImportKey(root[0]!);
      const parameters = await parametersFor(root[0]!, key);
      const material = randomBytes(32);
      const bring = (gateway: number) => root[gateway]!.change('ImportKeyMaterial', importOf(key, parameters, material));
      await bring(0);
      return {
        make: (gateway) => root[gateway]!.change('DeleteImportedKeyMaterial', { KeyId: key.id }),
        takeBack: bring,
        look: (gateway) => seenBy(root[gateway], 'Encrypt', { KeyId: key.id, Plaintext }),
      };
    },
  },
  {
    name: 'CreateKey, ScheduleKeyDeletion',
    made: 'served',
    takenBack: 'KMSInvalidStateException',
    begin: ({ root }) => {
      let KeyId = '';
      return Promise.resolve({
        make: async (gateway) => (KeyId = (await aKey(root[gateway]!)).id),
        takeBack: (gateway) => root[gateway]!.change('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 }),
        look: (gateway) => seenBy(root[gateway], 'Encrypt', { KeyId, Plaintext }),
      });
    },
  },
];
