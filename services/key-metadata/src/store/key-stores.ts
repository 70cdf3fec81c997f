import { fail } from '@trent/errors';
import type { AccountId, RegionName } from '@trent/identifiers';
import { isUniqueViolation, type Database, type Transaction } from '@trent/postgres';
import type { Reader } from './keys.ts';
import { checkProxyIsFree } from './proxies.ts';

/** AWS spellings. */
export type KeyStoreType = 'AWS_CLOUDHSM' | 'EXTERNAL_KEY_STORE';
export type ConnectionState = 'CONNECTED' | 'CONNECTING' | 'FAILED' | 'DISCONNECTED' | 'DISCONNECTING';

/** What a store is made of: a cluster, or a proxy of an external key manager. */
export interface KeyStoreSettings {
  readonly clusterId: string | null;
  /** PEM as it was given, and SHA-256 of the certificate. */
  readonly trustAnchor: string | null;
  readonly trustAnchorDigest: Buffer | null;
  readonly xksConnectivity: string | null;
  readonly xksUriEndpoint: string | null;
  readonly xksUriPath: string | null;
  readonly xksVpcEndpointServiceName: string | null;
  readonly xksVpcEndpointServiceOwner: string | null;
  readonly xksAccessKeyId: string | null;
}

/** A custom key store's row. */
export interface KeyStoreRow extends KeyStoreSettings {
  readonly region: RegionName;
  readonly storeId: string;
  readonly accountId: AccountId;
  readonly name: string;
  readonly type: KeyStoreType;
  readonly state: ConnectionState;
  /** AWS's ConnectionErrorCode; in FAILED alone. */
  readonly errorCode: string | null;
  readonly version: bigint;
  readonly createdAt: Date;
  /** KeyStorePassword or RawSecretAccessKey, sealed by a crypto worker of the region. */
  readonly sealedSecret: Buffer;
}

/** https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html */
const MAX_STORES = 10;

const SETTINGS = {
  clusterId: 'cluster_id',
  trustAnchor: 'trust_anchor',
  trustAnchorDigest: 'trust_anchor_digest',
  xksConnectivity: 'xks_connectivity',
  xksUriEndpoint: 'xks_uri_endpoint',
  xksUriPath: 'xks_uri_path',
  xksVpcEndpointServiceName: 'xks_vpc_endpoint_service_name',
  xksVpcEndpointServiceOwner: 'xks_vpc_endpoint_service_owner',
  xksAccessKeyId: 'xks_access_key_id',
} as const satisfies Record<keyof KeyStoreSettings, string>;
/** Settings that no two stores of an account may share. */
const PROXY_PLACE = ['xksConnectivity', 'xksUriEndpoint', 'xksUriPath', 'xksVpcEndpointServiceName'] as const;
const settingNames = Object.keys(SETTINGS) as (keyof KeyStoreSettings)[];

const COLUMNS = `region, store_id as "storeId", account_id as "accountId", name, store_type as type, connection_state as state,
  connection_error_code as "errorCode", version, created_at as "createdAt", sealed_secret as "sealedSecret",
  ${settingNames.map((name) => `${SETTINGS[name]} as "${name}"`).join(', ')}`;

export type NewKeyStore = KeyStoreSettings & Pick<KeyStoreRow, 'region' | 'storeId' | 'accountId' | 'name' | 'type' | 'sealedSecret'>;

/**
 * Inserts a store, disconnected.
 * @throws LimitExceededException; CustomKeyStoreNameInUseException; CloudHsmClusterInUseException; XksProxy…InUseException
 */
export async function insertKeyStore(tx: Transaction, store: NewKeyStore): Promise<void> {
  await lockKeyStoresOf(tx, store);
  const { rows } = await tx.query<{ count: bigint }>('select count(*) from key_stores where region = $1 and account_id = $2', [
    store.region,
    store.accountId,
  ]);
  if (Number(rows[0]?.count ?? 0n) >= MAX_STORES)
    fail('LimitExceededException', `The account has ${String(MAX_STORES)} custom key stores in this Region, which is its limit.`);
  const columns = settingNames.map((name) => SETTINGS[name]).join(', ');
  const places = settingNames.map((_, at) => `$${String(at + 7)}`).join(', ');
  await checkProxyIsFree(tx, store);
  await refusingWhatIsInUse(() =>
    tx.query(
      `insert into key_stores (region, store_id, account_id, name, store_type, sealed_secret, ${columns}) values ($1, $2, $3, $4, $5, $6, ${places})`,
      [
        store.region,
        store.storeId,
        store.accountId,
        store.name,
        store.type,
        store.sealedSecret,
        ...settingNames.map((name) => store[name]),
      ],
    ),
  );
}

/** One at a time, so that two who make the last store, or stores of one proxy, don't both find room. */
async function lockKeyStoresOf(tx: Transaction, { region, accountId }: Pick<KeyStoreRow, 'region' | 'accountId'>): Promise<void> {
  await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`key-stores/${region}/${accountId}`]);
}

/** A store of an account. @throws CustomKeyStoreNotFoundException */
export async function lockKeyStore(
  tx: Transaction,
  region: string,
  accountId: string,
  storeId: string,
  lock: 'for update' | 'for share' = 'for update',
): Promise<KeyStoreRow> {
  const { rows } = await tx.query<KeyStoreRow>(
    `select ${COLUMNS} from key_stores where region = $1 and account_id = $2 and store_id = $3 ${lock}`,
    [region, accountId, storeId],
  );
  return rows[0] ?? fail('CustomKeyStoreNotFoundException');
}

/** What `select`s a store: itself, its name, or nothing, which is all of an account. */
export interface KeyStoreFilter {
  readonly region: string;
  readonly accountId: string;
  readonly storeId?: string | undefined;
  readonly name?: string | undefined;
}

/** Stores behind `after`, in the order of their ids. */
export async function listKeyStores(db: Reader, filter: KeyStoreFilter, after: string, limit: number): Promise<KeyStoreRow[]> {
  const { rows } = await db.query<KeyStoreRow>(
    `select ${COLUMNS} from key_stores where region = $1 and account_id = $2 and store_id = coalesce($3, store_id) and name = coalesce($4, name)
       and store_id > $5 order by store_id limit $6`,
    [filter.region, filter.accountId, filter.storeId ?? null, filter.name ?? null, after, limit],
  );
  return rows;
}

/** Sets what is given. @throws CustomKeyStoreNameInUseException; CloudHsmClusterInUseException; XksProxy…InUseException */
export async function updateKeyStore(
  tx: Transaction,
  { region, storeId }: Pick<KeyStoreRow, 'region' | 'storeId'>,
  set: Partial<KeyStoreSettings & Pick<KeyStoreRow, 'name' | 'sealedSecret'>>,
): Promise<void> {
  const columnOf = { ...SETTINGS, name: 'name', sealedSecret: 'sealed_secret' } as const;
  const names = (Object.keys(columnOf) as (keyof typeof columnOf)[]).filter((name) => set[name] !== undefined);
  if (names.length === 0) return;
  const assignments = names.map((name, at) => `${columnOf[name]} = $${String(at + 3)}`);
  // The name is of no matter to who holds the store connected.
  const raised = names.some((name) => name !== 'name') ? ', version = version + 1' : '';
  const { rows } = await refusingWhatIsInUse(() =>
    tx.query<KeyStoreRow>(
      `update key_stores set ${assignments.join(', ')}${raised} where region = $1 and store_id = $2 returning ${COLUMNS}`,
      [region, storeId, ...names.map((name) => set[name])],
    ),
  );
  const [changed] = rows;
  if (changed === undefined || !PROXY_PLACE.some((name) => set[name] !== undefined)) return;
  await lockKeyStoresOf(tx, changed);
  await checkProxyIsFree(tx, changed);
}

/**
 * Goes from one state to another.
 * @returns whether the store was in it
 */
export async function changeConnection(
  db: Reader,
  { region, storeId }: Pick<KeyStoreRow, 'region' | 'storeId'>,
  from: ConnectionState,
  to: ConnectionState,
  errorCode: string | null = null,
): Promise<boolean> {
  const { rows } = await db.query(
    `update key_stores set connection_state = $4, connection_error_code = $5, state_since = now(), attempt_until = null
     where region = $1 and store_id = $2 and connection_state = $3 returning 1`,
    [region, storeId, from, to, errorCode],
  );
  return rows.length > 0;
}

/** @throws CustomKeyStoreHasCMKsException: keys that wait for their deletion count */
export async function deleteKeyStore(tx: Transaction, { region, storeId }: Pick<KeyStoreRow, 'region' | 'storeId'>): Promise<void> {
  const { rows } = await tx.query('select from keys where region = $1 and custom_key_store_id = $2 limit 1', [region, storeId]);
  if (rows.length > 0) fail('CustomKeyStoreHasCMKsException');
  await tx.query('delete from key_stores where region = $1 and store_id = $2', [region, storeId]);
}

/** A store that somebody must look after, and for how long it has been in its state. */
export type KeptStore = KeyStoreRow & { readonly secondsInState: number };

/** All stores that are, are to be, or are no longer to be connected. */
export async function keptStores(db: Database): Promise<KeptStore[]> {
  const { rows } = await db.query<KeptStore>(
    `select ${COLUMNS}, extract(epoch from now() - state_since)::float8 as "secondsInState"
     from key_stores where connection_state in ('CONNECTED', 'CONNECTING', 'DISCONNECTING')`,
    [],
    { name: 'kept-stores' },
  );
  return rows;
}

/** Takes the connecting of a store upon this replica, for some seconds. @returns whether nobody else has it */
export async function claimConnecting(db: Database, { region, storeId }: KeyStoreRow, seconds: number): Promise<boolean> {
  const { rows } = await db.query(
    `update key_stores set attempt_until = now() + make_interval(secs => $3)
     where region = $1 and store_id = $2 and connection_state = 'CONNECTING' and (attempt_until is null or attempt_until < now()) returning 1`,
    [region, storeId, seconds],
  );
  return rows.length > 0;
}

async function refusingWhatIsInUse<R>(write: () => Promise<R>): Promise<R> {
  try {
    return await write();
  } catch (error) {
    if (isUniqueViolation(error, 'key_stores_name')) fail('CustomKeyStoreNameInUseException', undefined, { cause: error });
    if (isUniqueViolation(error, 'key_stores_cluster')) fail('CloudHsmClusterInUseException', undefined, { cause: error });
    throw error;
  }
}
