-- Audit records, one row each, a partition a day (retention/partitions.ts makes them ahead). The record's own text is kept, byte for byte:
-- look-up answers it and a digest can cover it; the columns beside it are what LookupEvents searches and nothing else.
create table records (
  event_time timestamptz not null,
  event_id uuid not null,
  -- When JetStream stored it, in microseconds: the order among records of one second.
  arrival bigint not null,
  account_id text not null,
  region text not null,
  event_name text not null,
  event_source text not null,
  read_only boolean not null,
  username text,
  access_key_id text,
  resource_names text[] not null,
  record text not null,
  -- Exactly once: the same record again conflicts. Serves look-up by EventId too.
  primary key (event_id, event_time)
) partition by range (event_time);

-- Newest first within account and Region; the other filters are applied along it.
create index records_by_time on records (account_id, region, event_time, arrival);
-- "Who used this key": nearly all records have one resource.
create index records_by_resource on records ((resource_names[1]), event_time, arrival);
-- The rest (ReEncrypt, aliases) is few enough to be walked.
create index records_of_several on records (account_id, region, event_time, arrival) where cardinality(resource_names) > 1;

-- What no day's partition covers: the record of a clock that is days off is kept all the same.
create table records_default partition of records default;

-- Messages that arrived of late, for finding missing ones (reconcile/gaps.ts); settled rows are removed.
create table batches (
  publisher text not null,
  batch bigint not null,
  received_at timestamptz not null default now(),
  primary key (publisher, batch)
);

-- Per publisher: all up to the watermark has arrived but what is missing.
create table publishers (
  publisher text primary key,
  watermark bigint not null,
  missing int8multirange not null,
  seen_at timestamptz not null
);

-- What could not be read as records: kept, not lost.
create table quarantine (
  stream text not null,
  sequence bigint not null,
  -- Position in the message; -1: the whole message.
  item int not null,
  publisher text,
  batch text,
  reason text not null,
  body bytea not null,
  received_at timestamptz not null default now(),
  primary key (stream, sequence, item)
);

-- Keys made by the first process to start: what NextTokens are authenticated with.
create table secrets (
  name text primary key,
  value bytea not null
);
