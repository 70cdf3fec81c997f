-- Users and roles that the operator made services: what they ask, they ask for the users of their account. A row that is deleted and made
-- again is no service.
alter table principals
  add column service text check (service is null or (service ~ '^[a-z0-9][a-z0-9-]{0,62}$' and kind in ('User', 'Role')));
create index principals_services on principals (account_id, service) where service is not null;
