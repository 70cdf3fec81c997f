-- Custom key stores: where users' own keys live. The secret (KeyStorePassword, RawSecretAccessKey) stands here sealed by a crypto worker.
create table key_stores (
  region text not null,
  store_id text not null,
  account_id text not null,
  name text not null,
  store_type text not null check (store_type in ('AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE')),
  connection_state text not null default 'DISCONNECTED'
    check (connection_state in ('CONNECTED', 'CONNECTING', 'FAILED', 'DISCONNECTED', 'DISCONNECTING')),
  connection_error_code text,
  state_since timestamptz not null default now(),
  -- Raised by every change of the settings below, so that a process that holds others connects anew.
  version bigint not null default 1,
  created_at timestamptz not null default now(),
  -- One replica at a time connects a store: a wrong password reaches the token once.
  attempt_until timestamptz,
  cluster_id text,
  trust_anchor text,
  -- SHA-256 of the certificate (DER): clusters that share it share a backup history.
  trust_anchor_digest bytea,
  xks_connectivity text,
  xks_uri_endpoint text,
  xks_uri_path text,
  xks_vpc_endpoint_service_name text,
  xks_vpc_endpoint_service_owner text,
  xks_access_key_id text,
  sealed_secret bytea not null,
  primary key (region, store_id),
  constraint key_stores_name unique (region, account_id, name),
  check ((store_type = 'AWS_CLOUDHSM') = (cluster_id is not null and trust_anchor is not null and trust_anchor_digest is not null)),
  check ((store_type = 'EXTERNAL_KEY_STORE') = (xks_uri_endpoint is not null and xks_uri_path is not null and xks_access_key_id is not null))
);
create unique index key_stores_cluster on key_stores (region, account_id, trust_anchor_digest) where trust_anchor_digest is not null;
create index key_stores_kept on key_stores (connection_state) where connection_state in ('CONNECTED', 'CONNECTING', 'DISCONNECTING');

-- A key of a store, and what the store calls it: CKA_ID in hexadecimal, or XksKeyId.
alter table keys
  add column custom_key_store_id text,
  add column store_object_id text,
  add constraint keys_store foreign key (region, custom_key_store_id) references key_stores,
  add constraint keys_in_store check ((custom_key_store_id is not null) = (origin in ('AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE')));
create unique index keys_of_store on keys (region, custom_key_store_id, store_object_id) where custom_key_store_id is not null;
