/**
 * The tables of a writer, in the writer's own schema: include it once in the service's migrations
 * (`include: [{ name: '0002_change', sql: changeTablesSql }]`) and never edit it; a change is a second text beside it.
 */
export const changeTablesSql = `
-- One row a feed. Its row lock puts the changes of a feed in order: taken by the last statement of a change, held until its commit.
create table feed_head (
  name text primary key,
  sequence bigint not null default 0,
  -- Key of the HMAC over what goes by NATS; followers get it with their lease.
  seal_key bytea not null check (length(seal_key) = 32)
);

-- What changed, in order, without gaps. No foreign key: its check would lock the head's row for every lease and every change.
create table change_log (
  name text not null,
  sequence bigint not null,
  kind text not null,
  id text not null,
  version bigint not null,
  at timestamptz not null default clock_timestamp(),
  primary key (name, sequence)
);
create index change_log_at on change_log using brin (at);

-- Who holds the feed in view. A lease whose renewals stand still is dead, whatever any wall clock says.
create table feed_leases (
  name text not null,
  follower text not null,
  renewals bigint not null default 1,
  applied bigint not null,
  renewed_at timestamptz not null default clock_timestamp(),
  primary key (name, follower)
) with (fillfactor = 50);

-- What was answered to whom: a repeat within the hour gets the same.
create table idempotency (
  principal text not null,
  operation text not null,
  token text not null,
  input_digest bytea not null,
  answer bytea,
  -- Sequences (feed: decimal) that followers must have confirmed before the answer is given.
  barrier jsonb,
  outbox_ids bigint[],
  at timestamptz not null default clock_timestamp(),
  primary key (principal, operation, token, input_digest)
);
create index idempotency_at on idempotency using brin (at);

-- Audit records committed with their changes, on their way to JetStream.
create table audit_outbox (
  id bigint generated always as identity primary key,
  region text not null,
  record text not null,
  at timestamptz not null default clock_timestamp(),
  relayed_at timestamptz
);
create index audit_outbox_waiting on audit_outbox (id) where relayed_at is null;
create index audit_outbox_at on audit_outbox using brin (at);
`;
