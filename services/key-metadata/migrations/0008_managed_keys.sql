-- Keys that belong to a service ("s3"), one a service, account and Region; of all others it is null.
alter table keys
  add column managed_by text;
create unique index keys_managed on keys (region, account_id, managed_by) where managed_by is not null;
