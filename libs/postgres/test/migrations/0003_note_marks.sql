alter table notes add column mark boolean not null default false;
insert into notes (id, body) select 'from-' || word, 'x' from words;
