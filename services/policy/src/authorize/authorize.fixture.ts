import { createHash, randomUUID } from 'node:crypto';
import { authorize, type metadata } from '@trent/contracts';
import { preparePermitKey } from '@trent/permit';
import { defaultKeyPolicy } from '@trent/policy-language';
import type { AccountId } from '@trent/identifiers';
import { SecretBytes } from '@trent/secret-bytes';
import { canonicalRequest, formatAmzDate, parseAuthorization, signRequest } from '@trent/sigv4';
import { Credentials } from '../accounts/credentials.ts';
import { DocumentCompiler } from '../accounts/holders.ts';
import type { HolderRow } from '../store/holders.ts';
import { GrantTokens } from '../grants/grant-tokens.ts';
import { KeyGrants } from '../grants/key-grants.ts';
import { Sessions } from '../sts/sessions.ts';
import { sealSession, sessionKeyOf } from '../sts/session-token.ts';
import type { Session } from '../sts/session.ts';
import type { AuthorizeDeps } from './authorize.ts';
import { KeyViews } from './key-views.ts';

export const REGION = 'us-east-1';
export const ACCOUNT = '111122223333';
export const FOREIGN_ACCOUNT = '444455556666';
export const ACCESS_KEY_ID = 'AKIAEXAMPLE000000001';
export const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
export const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab';
export const OTHER_KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ac';
export const FOREIGN_KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ad';
export const MATERIAL_ID = 'ab'.repeat(32);
export const PERMIT_KEY = Buffer.alloc(32, 9);
export const GRANT_TOKEN_KEY = Buffer.alloc(32, 7);
export const NOW = Date.parse('2026-11-24T12:00:00Z');
export const INPUT_DIGEST = createHash('sha256').update('input').digest();

/** A key's row as key-metadata answers it. */
export function aKey(parts: Partial<metadata.KeyView> = {}): metadata.KeyView {
  const accountId = parts.accountId ?? ACCOUNT;
  return {
    keyId: KEY_ID,
    accountId,
    region: REGION,
    keyState: 'Enabled',
    keySpec: 'SYMMETRIC_DEFAULT',
    keyUsage: 'ENCRYPT_DECRYPT',
    origin: 'AWS_KMS',
    multiRegion: false,
    multiRegionKeyType: '',
    authorisationVersion: 7n,
    policy: defaultKeyPolicy(accountId as AccountId),
    grants: [],
    grantsElsewhere: false,
    aliases: ['alias/app'],
    materials: [{ materialId: MATERIAL_ID, token: Buffer.from('token') }],
    tags: new Map(),
    customKeyStoreId: '',
    ...parts,
  };
}

/** A holder's row, the account's root unless said otherwise. */
export function aHolder(parts: Partial<HolderRow> = {}): HolderRow {
  return {
    arn: `arn:aws:iam::${ACCOUNT}:root`,
    accountId: ACCOUNT,
    kind: 'Root',
    uniqueId: ACCOUNT,
    version: 3n,
    name: '',
    tags: {},
    trustPolicy: null,
    maxSessionDuration: null,
    service: null,
    documents: [],
    ...parts,
  };
}

const notSealed = () => Promise.reject(new Error('nothing is sealed here'));

/** The parts of policy over a table of keys; what was loaded is counted. */
export function aPolicy(
  keys: readonly metadata.KeyView[] = [aKey()],
  parts: Partial<AuthorizeDeps> & { readonly holder?: HolderRow } = {},
) {
  const loads = { views: 0, credentials: 0 };
  const { holder: root = aHolder(), ...more } = parts;
  const credentials = new Credentials({
    findAccessKey: (id) => {
      loads.credentials++;
      return Promise.resolve(id === ACCESS_KEY_ID ? { principalArn: root.arn, sealedSecret: Buffer.alloc(1), active: true } : undefined);
    },
    findCertificate: (id) => Promise.resolve(id === `spiffe://trent/account/${ACCOUNT}/root` ? root.arn : undefined),
    findHolder: (arn) => Promise.resolve(arn === root.arn ? root : undefined),
    unseal: () => Promise.resolve(SecretBytes.copyOf(Buffer.from(SECRET))),
  });
  const views = new KeyViews((queries) => {
    loads.views++;
    const matches = (key: metadata.KeyView, { by }: metadata.KeyViewQuery) =>
      by?.$case === 'keyId' ? by.value === key.keyId : by?.value.accountId === key.accountId && key.aliases.includes(by.value.aliasName);
    return Promise.resolve(queries.map((query) => keys.find((key) => key.region === query.region && matches(key, query))));
  });
  const permitKey = preparePermitKey(PERMIT_KEY);
  const none = () => Promise.resolve(undefined);
  const identities = { byName: none, byArn: none, ofAccessKey: none };
  const grants = new KeyGrants(() => Promise.reject(new Error('no key of the table has more grants than its view')));
  const grantTokens = new GrantTokens(() => Promise.resolve(GRANT_TOKEN_KEY));
  const deps: AuthorizeDeps = {
    credentials,
    sessions: aSessions(credentials).sessions,
    sessionKeys: { current: () => SESSION_KEY, isReady: () => true },
    webIdentities: { verify: () => Promise.reject(new Error('no token of a provider was given')) },
    mfa: { findDevice: () => Promise.resolve(undefined), takeStep: () => Promise.resolve(false), unseal: notSealed, now: () => NOW },
    freezes: { refuse: () => undefined },
    views,
    identities,
    grants,
    grantTokens,
    findPrincipals: ({ arns, roles }) =>
      Promise.resolve(new Map([...arns, ...roles.map(({ arn }) => arn)].map((arn) => [arn, 'AIDACKCEVSQ6C2EXAMPLE']))),
    unusedSince: () => Promise.resolve(NOW - 3 * 86_400_000 - 1),
    managedKeys: { hasService: () => Promise.resolve(false), make: () => Promise.reject(new Error('no key is managed')) },
    permitKeys: { keyFor: () => permitKey },
    isLive: () => true,
    now: () => NOW,
    ...more,
  };
  return { deps, loads };
}

export const SESSION_KEY = sessionKeyOf(1, Buffer.alloc(32, 5));

export const SESSION_ACCESS_KEY_ID = 'ASIAEXAMPLEAAAAAAAAA';

/** Sessions over one session key. */
export function aSessions(credentials: Credentials, now = () => NOW) {
  const keys = {
    byGeneration: (generation: number) => (generation === 1 ? SESSION_KEY : undefined),
    find: () => Promise.resolve(undefined),
  };
  const loadHolder = (arn: string, deadline: number) => credentials.loadHolder(arn, deadline);
  return { sessions: new Sessions({ keys, loadHolder, compiler: new DocumentCompiler(), now }) };
}

/** Credentials of a session of this role or user, an hour from a minute ago unless said otherwise. */
export function aSession(parts: Partial<Session> = {}) {
  const session: Session = {
    kind: 'role',
    holderArn: `arn:aws:iam::${ACCOUNT}:role/apps/App`,
    holderId: 'AROAEXAMPLE',
    name: 's1',
    issuedAtMs: NOW - 60_000,
    expiresAtMs: NOW + 3_540_000,
    tags: {},
    transitiveTagKeys: [],
    policies: [],
    ...parts,
  };
  return sealSession(SESSION_KEY, SESSION_ACCESS_KEY_ID, session, Buffer.alloc(12, 1));
}

/** An item as the gateway sends it, signed by the root access key. */
export function anItem(parts: Partial<authorize.AuthorizeItem> = {}): authorize.AuthorizeItem {
  return authorize.AuthorizeItem.create({
    id: 1,
    timeoutMs: 2_000,
    requestId: randomUUID(),
    operation: 'kms.Encrypt',
    region: REGION,
    caller: { $case: 'sigv4', value: aSignature() },
    keys: [aQuery(KEY_ID)],
    inputDigest: INPUT_DIGEST,
    ...parts,
  });
}

/** A key as the caller wrote it, or as a ciphertext names it. */
export function aQuery(reference: string, ciphertext: Partial<authorize.KeyQuery> = {}): authorize.KeyQuery {
  return { reference, ciphertextKeyId: '', ciphertextMaterialId: '', ciphertextRegion: '', region: '', ...ciphertext };
}

/** A real signature, made by the signer of @trent/sigv4. */
export function aSignature(
  parts: { readonly secret?: string; readonly accessKeyId?: string; readonly epochMs?: number; readonly sessionToken?: string } = {},
): authorize.SigV4 {
  const body = Buffer.from('{}');
  const request = { method: 'POST', path: '/', query: '', rawHeaders: ['host', 'localhost', 'x-amz-target', 'TrentService.Encrypt'] };
  const rawHeaders = signRequest({
    ...request,
    body,
    credentials: { accessKeyId: parts.accessKeyId ?? ACCESS_KEY_ID, secretAccessKey: Buffer.from(parts.secret ?? SECRET) },
    region: REGION,
    service: 'kms',
    amzDate: formatAmzDate(parts.epochMs ?? NOW),
  });
  const facts = { ...request, rawHeaders };
  const parsed = parseAuthorization(facts);
  if ('anonymous' in parsed) throw new Error('the signer did not sign');
  return authorize.SigV4.create({
    accessKeyId: parsed.accessKeyId,
    scopeDate: parsed.scope.date,
    scopeRegion: parsed.scope.region,
    scopeService: parsed.scope.service,
    canonicalRequest: canonicalRequest(facts, parsed, createHash('sha256').update(body).digest('hex')),
    signature: parsed.signature,
    amzDate: parsed.amzDate,
    sessionToken: parts.sessionToken ?? '',
  });
}
