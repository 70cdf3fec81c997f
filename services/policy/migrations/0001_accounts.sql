-- Accounts, the principals in them, and what proves who a caller is. Secrets are sealed by the HSM: a stolen table signs nothing.
create table accounts (
  account_id text primary key check (account_id ~ '^[0-9]{12}$'),
  name text not null default '',
  created_at timestamptz not null default now()
);

-- A change of anything that decides about a principal raises its version; permits carry it, fences compare it.
create table principals (
  arn text primary key,
  account_id text not null references accounts,
  kind text not null check (kind in ('Root')),
  unique_id text not null,
  version bigint not null default 1,
  created_at timestamptz not null default now()
);

create table access_keys (
  access_key_id text primary key,
  principal_arn text not null references principals,
  sealed_secret bytea not null,
  active boolean not null default true,
  created_at timestamptz not null default now()
);
create index access_keys_principal on access_keys (principal_arn);

create table certificates (
  spiffe_id text primary key,
  principal_arn text not null references principals,
  created_at timestamptz not null default now()
);
