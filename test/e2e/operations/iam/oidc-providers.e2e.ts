import {
  AddClientIDToOpenIDConnectProviderCommand,
  CreateOpenIDConnectProviderCommand,
  DeleteOpenIDConnectProviderCommand,
  GetOpenIDConnectProviderCommand,
  ListOpenIDConnectProvidersCommand,
  ListOpenIDConnectProviderTagsCommand,
  RemoveClientIDFromOpenIDConnectProviderCommand,
  TagOpenIDConnectProviderCommand,
  UntagOpenIDConnectProviderCommand,
  UpdateOpenIDConnectProviderThumbprintCommand,
} from '@aws-sdk/client-iam';
import { afterAll, describe, expect, test } from '@jest/globals';
import { firstAccount, testCluster } from '../../fixtures/cluster.ts';
import { expectRefusal, freshName, iamClient } from '../../fixtures/iam.ts';

const { accountId } = firstAccount(testCluster());
const iam = iamClient();
afterAll(() => iam.destroy());

const THUMBPRINT = '9E99A48A9960B14926BB7F3B02E22DA2B0AB7280';

describe('OpenID Connect providers', () => {
  test('are registered, told of without the scheme, changed and removed', async () => {
    const host = `${freshName('issuer')}.example`;
    const Url = `https://${host}/realms/ci`;
    const made = await iam.send(
      new CreateOpenIDConnectProviderCommand({ Url, ClientIDList: ['a'], ThumbprintList: [THUMBPRINT], Tags: [{ Key: 'k', Value: 'v' }] }),
    );
    const OpenIDConnectProviderArn = `arn:aws:iam::${accountId}:oidc-provider/${host}/realms/ci`;
    expect(made.OpenIDConnectProviderArn).toBe(OpenIDConnectProviderArn);
    const provider = { OpenIDConnectProviderArn };
    await iam.send(new AddClientIDToOpenIDConnectProviderCommand({ ...provider, ClientID: 'b' }));
    await iam.send(new RemoveClientIDFromOpenIDConnectProviderCommand({ ...provider, ClientID: 'a' }));
    await iam.send(new UpdateOpenIDConnectProviderThumbprintCommand({ ...provider, ThumbprintList: ['a'.repeat(40)] }));
    await iam.send(new TagOpenIDConnectProviderCommand({ ...provider, Tags: [{ Key: 'l', Value: 'w' }] }));
    await iam.send(new UntagOpenIDConnectProviderCommand({ ...provider, TagKeys: ['k'] }));
    expect(await iam.send(new GetOpenIDConnectProviderCommand(provider))).toMatchObject({
      Url: `${host}/realms/ci`,
      ClientIDList: ['b'],
      ThumbprintList: ['a'.repeat(40)],
      Tags: [{ Key: 'l', Value: 'w' }],
    });
    expect((await iam.send(new ListOpenIDConnectProviderTagsCommand(provider))).Tags).toEqual([{ Key: 'l', Value: 'w' }]);
    const listed = await iam.send(new ListOpenIDConnectProvidersCommand({}));
    expect(listed.OpenIDConnectProviderList).toContainEqual({ Arn: OpenIDConnectProviderArn });
    await expectRefusal(
      iam.send(new CreateOpenIDConnectProviderCommand({ Url })),
      'EntityAlreadyExistsException',
      409,
      `Provider with url ${Url} already exists.`,
    );
    await iam.send(new DeleteOpenIDConnectProviderCommand(provider));
    await expectRefusal(iam.send(new GetOpenIDConnectProviderCommand(provider)), 'NoSuchEntityException', 404);
  });

  test.each(['http://issuer.example', 'https://issuer.example?x=1', 'https://issuer.example:8443', 'issuer.example'])(
    '%s is no URL of a provider',
    async (Url) => {
      await expectRefusal(iam.send(new CreateOpenIDConnectProviderCommand({ Url })), 'InvalidInputException', 400);
    },
  );
});
