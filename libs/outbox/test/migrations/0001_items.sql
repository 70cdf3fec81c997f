create table items (
  id text primary key,
  version bigint not null default 1
);
