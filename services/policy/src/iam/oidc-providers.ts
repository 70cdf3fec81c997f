import { iam } from '@trent/contracts';
import { fail } from '@trent/errors';
import { isUniqueViolation, type Transaction } from '@trent/postgres';
import { findProvider, listProviders, type ProviderRow } from '../store/oidc-providers.ts';
import { changes, reads } from './call.ts';
import { given } from './names.ts';
import { QUOTAS } from './quotas.ts';
import { tagList, tagPage, withoutTags, withTags } from './tags.ts';

/** Host and path of a provider's URL. @throws InvalidInput for anything but https without query, port, fragment or user */
function providerOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : fail('InvalidInput', 'Invalid Open ID Connect Provider URL');
  const isPlain = url.search === '' && url.hash === '' && url.port === '' && url.username === '' && url.password === '';
  if (url.protocol !== 'https:' || !isPlain) fail('InvalidInput', 'Invalid Open ID Connect Provider URL');
  return url.host + (url.pathname === '/' ? '' : url.pathname);
}

function checkedThumbprints(thumbprints: readonly string[]): string[] {
  if (thumbprints.length > QUOTAS.thumbprintsPerProvider) {
    fail('LimitExceededException', `Thumbprint list must contain fewer than ${String(QUOTAS.thumbprintsPerProvider)} entries.`);
  }
  if (!thumbprints.every((thumbprint) => /^[0-9A-Fa-f]{40}$/.test(thumbprint))) fail('InvalidInput', 'Thumbprint must be hexadecimal.');
  return [...new Set(thumbprints.map((thumbprint) => thumbprint.toLowerCase()))];
}

function checkedClientIds(clientIds: readonly string[]): string[] {
  const unique = [...new Set(clientIds)];
  if (unique.length > QUOTAS.clientIdsPerProvider) {
    fail('LimitExceededException', `Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: ${String(QUOTAS.clientIdsPerProvider)}`);
  }
  return unique;
}

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html */
const createProvider = changes(iam.CreateOpenIDConnectProviderRequest, async (tx, { accountId }, input) => {
  const url = providerOf(given(input.url));
  if ((await listProviders(tx, accountId)).length >= QUOTAS.oidcProviders) {
    fail('LimitExceededException', `Cannot exceed quota for OpenIdConnectProvidersPerAccount: ${String(QUOTAS.oidcProviders)}`);
  }
  const arn = `arn:aws:iam::${accountId}:oidc-provider/${url}`;
  const tags = withTags({}, input.tags);
  const values = [
    arn,
    accountId,
    url,
    checkedClientIds(input.clientIdList),
    checkedThumbprints(input.thumbprintList),
    JSON.stringify(tags),
  ];
  try {
    await tx.query(
      'insert into oidc_providers (arn, account_id, url, client_ids, thumbprints, tags) values ($1, $2, $3, $4, $5, $6)',
      values,
    );
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    fail('EntityAlreadyExists', `Provider with url https://${url} already exists.`, { cause: error });
  }
  return { response: iam.CreateOpenIDConnectProviderResponse.create({ openIdConnectProviderArn: arn, tags: tagList(tags) }) };
});

const getProvider = reads(iam.GetOpenIDConnectProviderRequest, async (db, { accountId }, input) => {
  const row = await findProvider(db, accountId, given(input.openIdConnectProviderArn));
  return iam.GetOpenIDConnectProviderResponse.create({
    url: row.url,
    clientIdList: [...row.clientIds],
    thumbprintList: [...row.thumbprints],
    createDate: row.createdAt,
    tags: tagList(row.tags),
  });
});

const listAll = reads(iam.ListOpenIDConnectProvidersRequest, async (db, { accountId }) =>
  iam.ListOpenIDConnectProvidersResponse.create({
    openIdConnectProviderList: (await listProviders(db, accountId)).map(({ arn }) => ({ arn })),
  }),
);

const deleteProvider = changes(iam.DeleteOpenIDConnectProviderRequest, async (tx, { accountId }, input) => {
  await tx.query('delete from oidc_providers where arn = $1 and account_id = $2', [input.openIdConnectProviderArn, accountId]);
  return { response: iam.DeleteOpenIDConnectProviderResponse.create() };
});

async function update(tx: Transaction, arn: string, column: 'client_ids' | 'thumbprints' | 'tags', value: unknown): Promise<void> {
  await tx.query(`update oidc_providers set ${column} = $2 where arn = $1`, [arn, value]);
}

function own(tx: Transaction, accountId: string, arn: string | undefined): Promise<ProviderRow> {
  return findProvider(tx, accountId, given(arn), 'for update');
}

const updateThumbprints = changes(iam.UpdateOpenIDConnectProviderThumbprintRequest, async (tx, { accountId }, input) => {
  const { arn } = await own(tx, accountId, input.openIdConnectProviderArn);
  await update(tx, arn, 'thumbprints', checkedThumbprints(input.thumbprintList));
  return { response: iam.UpdateOpenIDConnectProviderThumbprintResponse.create() };
});

const addClientId = changes(iam.AddClientIDToOpenIDConnectProviderRequest, async (tx, { accountId }, input) => {
  const { arn, clientIds } = await own(tx, accountId, input.openIdConnectProviderArn);
  await update(tx, arn, 'client_ids', checkedClientIds([...clientIds, given(input.clientId)]));
  return { response: iam.AddClientIDToOpenIDConnectProviderResponse.create() };
});

const removeClientId = changes(iam.RemoveClientIDFromOpenIDConnectProviderRequest, async (tx, { accountId }, input) => {
  const { arn, clientIds } = await own(tx, accountId, input.openIdConnectProviderArn);
  await update(
    tx,
    arn,
    'client_ids',
    clientIds.filter((clientId) => clientId !== input.clientId),
  );
  return { response: iam.RemoveClientIDFromOpenIDConnectProviderResponse.create() };
});

const tagProvider = changes(iam.TagOpenIDConnectProviderRequest, async (tx, { accountId }, input) => {
  const { arn, tags } = await own(tx, accountId, input.openIdConnectProviderArn);
  await update(tx, arn, 'tags', JSON.stringify(withTags(tags, input.tags)));
  return { response: iam.TagOpenIDConnectProviderResponse.create() };
});

const untagProvider = changes(iam.UntagOpenIDConnectProviderRequest, async (tx, { accountId }, input) => {
  const { arn, tags } = await own(tx, accountId, input.openIdConnectProviderArn);
  await update(tx, arn, 'tags', JSON.stringify(withoutTags(tags, input.tagKeys)));
  return { response: iam.UntagOpenIDConnectProviderResponse.create() };
});

const listProviderTags = reads(iam.ListOpenIDConnectProviderTagsRequest, async (db, { accountId }, input) => {
  const { tags } = await findProvider(db, accountId, given(input.openIdConnectProviderArn));
  return iam.ListOpenIDConnectProviderTagsResponse.create(await tagPage(tags, input));
});

/** OpenID Connect providers. */
export const oidcProviderHandlers = {
  'iam.CreateOpenIDConnectProvider': createProvider,
  'iam.GetOpenIDConnectProvider': getProvider,
  'iam.ListOpenIDConnectProviders': listAll,
  'iam.DeleteOpenIDConnectProvider': deleteProvider,
  'iam.UpdateOpenIDConnectProviderThumbprint': updateThumbprints,
  'iam.AddClientIDToOpenIDConnectProvider': addClientId,
  'iam.RemoveClientIDFromOpenIDConnectProvider': removeClientId,
  'iam.TagOpenIDConnectProvider': tagProvider,
  'iam.UntagOpenIDConnectProvider': untagProvider,
  'iam.ListOpenIDConnectProviderTags': listProviderTags,
};
