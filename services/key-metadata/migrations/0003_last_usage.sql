-- The last successful cryptographic use of each key, as gateways report it every few seconds.
create table key_usage (
  region text not null,
  key_id text not null,
  operation text not null,
  used_at timestamptz not null,
  event_id text not null,
  request_id text not null,
  primary key (region, key_id),
  foreign key (region, key_id) references keys on delete cascade
) with (fillfactor = 70);

-- Since when uses are noted: of an older key nothing can be said about the time before.
create table usage_tracking (
  only_one boolean primary key default true check (only_one),
  started_at timestamptz not null default now()
);
insert into usage_tracking default values;
