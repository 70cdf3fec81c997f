-- Proves that a word about a freeze was policy's own, whoever else may write to NATS. Sealed by the HSM: a stolen table proves nothing.
create table freeze_key (
  only_one boolean primary key default true check (only_one),
  sealed_key bytea not null
);
