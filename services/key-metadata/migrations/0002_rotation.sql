-- Automatic rotation: a row for each key that has it on. It outlives Disabled and PendingDeletion, in which nothing rotates.
create table rotation_settings (
  region text not null,
  key_id text not null,
  period_days integer not null,
  next_rotation_at timestamptz not null,
  primary key (region, key_id),
  foreign key (region, key_id) references keys on delete cascade
);

-- Rotations that were done, numbered a key from 1. The material may be gone (imported material can be deleted), its rotation stays.
create table rotations (
  region text not null,
  key_id text not null,
  ordinal integer not null,
  material_id text not null,
  rotation_type text not null check (rotation_type in ('AUTOMATIC', 'ON_DEMAND')),
  rotated_at timestamptz not null default clock_timestamp(),
  primary key (region, key_id, ordinal),
  unique (region, key_id, material_id),
  foreign key (region, key_id) references keys on delete cascade
);

-- The kinds of timers are the code's (store/timers.ts).
alter table timers drop constraint if exists timers_kind_check;
