-- Grants: who may use a key without a word in any policy.
create table grants (
  region text not null,
  key_id text not null,
  grant_id text not null,
  name text not null default '',
  -- Exactly one of them: an ARN, or a service principal.
  grantee_principal text,
  grantee_service text,
  retiring_principal text,
  retiring_service text,
  operations text[] not null,
  -- null: no such constraint.
  context_equals jsonb,
  context_subset jsonb,
  source_arn text,
  -- Account of the maker.
  issuing_account text not null,
  -- SHA-256 over all that makes two grants of one name the same.
  fingerprint bytea not null,
  created_at timestamptz not null default now(),
  grantee text generated always as (coalesce(grantee_principal, 'service/' || grantee_service)) stored,
  retiring text generated always as (coalesce(retiring_principal, 'service/' || retiring_service)) stored,
  check ((grantee_principal is null) <> (grantee_service is null)),
  primary key (region, key_id, grant_id),
  foreign key (region, key_id) references keys on delete cascade
);
create index grants_of_grantee on grants (region, key_id, grantee, grant_id);
create index grants_to_retire on grants (region, retiring, key_id, grant_id) where retiring is not null;
create index grants_by_name on grants (region, key_id, fingerprint) where name <> '';

-- Counted here, since a key may have 50,000 of them.
alter table keys add column grant_count integer not null default 0;

-- Grant tokens carry a MAC: a client can hold one, not make one.
create table grant_token_key (
  only_one boolean primary key default true check (only_one),
  key bytea not null default uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
);
insert into grant_token_key default values;
