-- Keys and what belongs to them. Backing keys stand here wrapped and MACed: a row that is read or swapped opens nothing.
create table keys (
  region text not null,
  key_id text not null,
  account_id text not null,
  description text not null default '',
  key_state text not null,
  key_spec text not null,
  key_usage text not null,
  origin text not null,
  multi_region boolean not null default false,
  policy text not null,
  created_at timestamptz not null default now(),
  deletion_date timestamptz,
  -- Raised by every change that may alter a decision or the use of the key; permits carry it, fences compare it.
  authorisation_version bigint not null default 1,
  primary key (region, key_id)
);
create index keys_of_account on keys (region, account_id, key_id);

create table materials (
  region text not null,
  key_id text not null,
  material_id text not null,
  token bytea not null,
  root_version integer not null,
  is_current boolean not null,
  created_at timestamptz not null default now(),
  primary key (region, key_id, material_id),
  foreign key (region, key_id) references keys on delete cascade
);
create unique index materials_current on materials (region, key_id) where is_current;

create table aliases (
  region text not null,
  account_id text not null,
  alias_name text not null,
  key_id text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (region, account_id, alias_name),
  foreign key (region, key_id) references keys on delete cascade
);
create index aliases_of_key on aliases (region, key_id, alias_name);

create table tags (
  region text not null,
  key_id text not null,
  tag_key text not null,
  tag_value text not null,
  primary key (region, key_id, tag_key),
  foreign key (region, key_id) references keys on delete cascade
);

-- What is due when; claimed with SKIP LOCKED, time from Postgres.
create table timers (
  kind text not null check (kind in ('delete-key', 'shred-material')),
  region text not null,
  subject text not null,
  due_at timestamptz not null,
  primary key (kind, region, subject)
);
create index timers_due on timers (due_at);

-- Deleted for the user, but for a day not yet for the operator.
create table graveyard (
  region text not null,
  key_id text not null,
  account_id text not null,
  material_id text not null,
  token bytea not null,
  buried_at timestamptz not null default now(),
  primary key (region, key_id, material_id)
);

-- Paging markers carry a MAC: a client can hold one, not make one.
create table marker_key (
  only_one boolean primary key default true check (only_one),
  key bytea not null default uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
);
insert into marker_key default values;
