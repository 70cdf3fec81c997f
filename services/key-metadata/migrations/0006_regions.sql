-- Multi-Region keys. Relatives share the key id, one row a Region; what is theirs alone (policy, tags, aliases, state, description) hangs on
-- the row, what they share (spec, usage, origin, materials) is the same in each.
alter table keys
  add column multi_region_key_type text check (multi_region_key_type in ('PRIMARY', 'REPLICA')),
  -- The waiting time of a primary that is to die once its last replica is gone.
  add column pending_window_days integer,
  add constraint keys_multi_region_key_type check (multi_region = (multi_region_key_type is not null));

create index keys_relatives on keys (key_id, region) where multi_region;
create unique index keys_one_primary on keys (key_id) where multi_region_key_type = 'PRIMARY';
