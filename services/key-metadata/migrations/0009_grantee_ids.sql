-- Whom a grant was made for: a user or role that is made again under the same name is another. Empty: the ARN alone counts, as of accounts.
alter table grants
  add column grantee_id text not null default '',
  add column retiring_id text not null default '';
