-- Material that users brought (Origin EXTERNAL). A row stays when its material is deleted or has expired, so that only the same material can come
-- back; the material itself, wrapped, is a row of `materials` for as long as it is imported.
create table imported_materials (
  region text not null,
  key_id text not null,
  material_id text not null,
  material_state text not null
    check (material_state in ('CURRENT', 'NON_CURRENT', 'PENDING_ROTATION', 'PENDING_MULTI_REGION_IMPORT_AND_ROTATION')),
  description text,
  -- Null: does not expire.
  valid_to timestamptz,
  first_imported_at timestamptz not null default now(),
  primary key (region, key_id, material_id),
  foreign key (region, key_id) references keys on delete cascade
);
create unique index imported_materials_current on imported_materials (region, key_id) where material_state = 'CURRENT';
-- One at a time waits for its rotation.
create unique index imported_materials_pending on imported_materials (region, key_id) where material_state like 'PENDING%';

-- The kinds of timers are the code's (store/timers.ts): a second list here would only lag behind.
alter table timers drop constraint if exists timers_kind_check;
