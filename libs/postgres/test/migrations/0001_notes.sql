create table notes (id text primary key, body text not null, revision bigint not null default 1);
