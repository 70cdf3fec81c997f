import { describe, expect, test } from '@jest/globals';
import { kms } from '@trent/contracts';
import { ACCOUNT, anItem, aPolicy, FOREIGN_ACCOUNT } from './authorize.fixture.ts';
import { authorizeItem } from './authorize.ts';
import type { PrincipalNames } from './named-principals.ts';

const root = (account: string) => `arn:aws:iam::${account}:root`;
const bob = `arn:aws:iam::${ACCOUNT}:user/team/bob`;

function createGrant(granteePrincipal: string, retiringPrincipal?: string) {
  const request = kms.CreateGrantRequest.create({ keyId: 'k', granteePrincipal, retiringPrincipal });
  return anItem({ operation: 'kms.CreateGrant', request: Buffer.from(kms.CreateGrantRequest.encode(request).finish()) });
}

function putKeyPolicy(...AWS: string[]) {
  const policy = JSON.stringify({
    Statement: [{ Effect: 'Allow', Principal: { AWS, Service: 's3.amazonaws.com' }, Action: 'kms:*', Resource: '*' }],
  });
  const request = kms.PutKeyPolicyRequest.create({ keyId: 'k', policy });
  return anItem({ operation: 'kms.PutKeyPolicy', request: Buffer.from(kms.PutKeyPolicyRequest.encode(request).finish()) });
}

/** Asks as an account in which there are these principals and no others. */
async function ask(item: ReturnType<typeof anItem>, there: readonly string[]) {
  const asked: PrincipalNames[] = [];
  const { deps } = aPolicy(undefined, {
    findPrincipals: (names) => {
      asked.push(names);
      const found = [...names.arns, ...names.roles.map(({ arn }) => arn)].filter((arn) => there.includes(arn));
      return Promise.resolve(new Map(found.map((arn) => [arn, arn.endsWith(':root') ? ACCOUNT : 'AIDACKCEVSQ6C2EXAMPLE'])));
    },
  });
  const { error, callerContext } = await authorizeItem(deps, item, performance.now() + 1_000);
  return { error, asked, callerContext };
}

describe('principals that a request names must exist:', () => {
  test('grantee and retiring principal of a grant', async () => {
    expect((await ask(createGrant(bob, root(FOREIGN_ACCOUNT)), [bob, root(FOREIGN_ACCOUNT)])).error).toBeUndefined();
    expect((await ask(createGrant(bob), [])).error).toMatchObject({
      code: 'InvalidArnException',
      message: `ARN does not refer to a valid principal: ${bob}`,
    });
    expect((await ask(createGrant(bob, root(FOREIGN_ACCOUNT)), [bob])).error).toMatchObject({ code: 'InvalidArnException' });
  });

  test('and go along with their unique ids, accounts without one', async () => {
    const { callerContext } = await ask(createGrant(bob, root(FOREIGN_ACCOUNT)), [bob, root(FOREIGN_ACCOUNT)]);
    expect(JSON.parse(callerContext)).toEqual({ principalIds: { [bob]: 'AIDACKCEVSQ6C2EXAMPLE' } });
  });

  test('what is no ARN is named in the answer as it was sent', async () => {
    const { error } = await ask(createGrant('s3.amazonaws.com'), []);
    expect(error).toMatchObject({ message: 'ARN does not refer to a valid principal: s3.amazonaws.com' });
  });

  test('all of a key policy, an account by its id too; services and unique ids are not looked for', async () => {
    const { error, asked } = await ask(putKeyPolicy(bob, FOREIGN_ACCOUNT, 'AIDACKCEVSQ6C2EXAMPLE'), [bob, root(FOREIGN_ACCOUNT)]);
    expect(error).toBeUndefined();
    expect(asked).toEqual([{ arns: [bob, root(FOREIGN_ACCOUNT)], roles: [] }]);
    expect((await ask(putKeyPolicy(bob), [])).error).toMatchObject({
      code: 'MalformedPolicyDocumentException',
      message: 'Policy contains a statement with one or more invalid principals.',
    });
  });

  test('of a session the role, of a federated user the account', async () => {
    const session = `arn:aws:sts::${ACCOUNT}:assumed-role/App/s1`;
    expect((await ask(createGrant(session), [session])).asked).toEqual([
      { arns: [], roles: [{ account: ACCOUNT, name: 'App', arn: session }] },
    ]);
    expect((await ask(createGrant(`arn:aws:sts::${ACCOUNT}:federated-user/fred`), [root(ACCOUNT)])).error).toBeUndefined();
  });

  test('nobody is looked for before the caller is known to be allowed', async () => {
    const { error, asked } = await ask(
      { ...createGrant(bob), keys: [{ ...createGrant(bob).keys[0]!, reference: '00000000-0000-4000-8000-000000000000' }] },
      [],
    );
    expect(error).toMatchObject({ code: 'NotFoundException' });
    expect(asked).toEqual([]);
  });

  test('a document that is none is left to who says what is wrong with it', async () => {
    const request = kms.PutKeyPolicyRequest.create({ keyId: 'k', policy: '{' });
    const item = anItem({ operation: 'kms.PutKeyPolicy', request: Buffer.from(kms.PutKeyPolicyRequest.encode(request).finish()) });
    expect((await ask(item, [])).error).toBeUndefined();
  });
});
