-- Roots of the keys that seal session tokens, one a generation, each sealed by the HSM: a stolen table opens no token.
create table session_keys (
  generation integer primary key,
  sealed_root bytea not null,
  made_at timestamptz not null default now()
);
