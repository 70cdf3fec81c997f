-- Users, groups and roles beside the root, and the policies that say what they may. Groups stand among the principals although none can
-- sign as one: policies attach to them as to users.
alter table principals drop constraint principals_kind_check;
alter table principals
  add check (kind in ('Root', 'User', 'Role', 'Group')),
  add column name text not null default '',
  add column path text not null default '/',
  add column tags jsonb not null default '{}',
  add column description text,
  -- Of roles: seconds.
  add column max_session_duration integer,
  add column trust_policy text,
  add column boundary_arn text;
create unique index principals_name on principals (account_id, kind, lower(name)) where kind <> 'Root';
create unique index principals_unique_id on principals (unique_id);
create index principals_boundary on principals (boundary_arn) where boundary_arn is not null;

-- Versions never fall, also when a user is removed and made again under the same name: fences compare them by ARN.
create sequence principal_versions;
select setval('principal_versions', (select coalesce(max(version), 1) from principals));
alter table principals alter column version set default nextval('principal_versions');

-- A new name or path is a new ARN.
alter table access_keys
  drop constraint access_keys_principal_arn_fkey,
  add foreign key (principal_arn) references principals on update cascade,
  add column last_used_at timestamptz,
  add column last_used_service text,
  add column last_used_region text;
alter table certificates
  drop constraint certificates_principal_arn_fkey,
  add foreign key (principal_arn) references principals on update cascade;

create table group_members (
  group_arn text not null references principals on update cascade,
  user_arn text not null references principals on update cascade,
  joined_at timestamptz not null default now(),
  primary key (group_arn, user_arn)
);
create index group_members_user on group_members (user_arn);

create table inline_policies (
  holder_arn text not null references principals on update cascade,
  name text not null,
  document text not null,
  primary key (holder_arn, name)
);

-- Account `aws` holds those that every account finds ready.
create table managed_policies (
  arn text primary key,
  account_id text not null,
  name text not null,
  path text not null default '/',
  policy_id text not null unique,
  description text,
  default_version integer not null default 1,
  last_version integer not null default 1,
  tags jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index managed_policies_name on managed_policies (account_id, lower(name));

create table policy_versions (
  policy_arn text not null references managed_policies on delete cascade,
  version integer not null,
  document text not null,
  created_at timestamptz not null default now(),
  primary key (policy_arn, version)
);

create table attachments (
  holder_arn text not null references principals on update cascade,
  policy_arn text not null references managed_policies,
  primary key (holder_arn, policy_arn)
);
create index attachments_policy on attachments (policy_arn);
alter table principals add foreign key (boundary_arn) references managed_policies (arn);

create table oidc_providers (
  arn text primary key,
  account_id text not null references accounts,
  -- Without the scheme, which is https.
  url text not null,
  client_ids text[] not null default '{}',
  thumbprints text[] not null default '{}',
  tags jsonb not null default '{}',
  created_at timestamptz not null default now()
);
create index oidc_providers_account on oidc_providers (account_id);

create table mfa_devices (
  serial_number text primary key,
  account_id text not null references accounts,
  name text not null,
  path text not null default '/',
  sealed_seed bytea not null,
  tags jsonb not null default '{}',
  user_arn text references principals on update cascade,
  enabled_at timestamptz,
  -- How far the device's clock is ahead of ours, in steps of 30 s, and the last step whose code was taken: none counts twice.
  drift_steps integer not null default 0,
  last_step bigint not null default 0,
  created_at timestamptz not null default now()
);
create unique index mfa_devices_name on mfa_devices (account_id, lower(name));
create index mfa_devices_user on mfa_devices (user_arn);

alter table accounts add column alias text unique;

-- Who has which document: the own ones of users and roles, those of a user's groups, and the boundary.
create view principal_documents as
  with holders as (
    select arn as principal_arn, arn as holder_arn from principals where kind in ('User', 'Role')
    union all
    select user_arn, group_arn from group_members
  )
  select h.principal_arn, 'identity' as kind, lower(p.kind) || '_' || p.name || '_' || i.name as source, i.document
    from holders h join inline_policies i using (holder_arn) join principals p on p.arn = h.holder_arn
  union all
  select h.principal_arn, 'identity', m.arn, v.document
    from holders h join attachments a using (holder_arn) join managed_policies m on m.arn = a.policy_arn
    join policy_versions v on v.policy_arn = m.arn and v.version = m.default_version
  union all
  select p.arn, 'boundary', m.arn, v.document
    from principals p join managed_policies m on m.arn = p.boundary_arn
    join policy_versions v on v.policy_arn = m.arn and v.version = m.default_version;

-- AWS's own policies that speak of what Trent serves.
insert into managed_policies (arn, account_id, name, policy_id, description) values
  ('arn:aws:iam::aws:policy/AdministratorAccess', 'aws', 'AdministratorAccess', 'ANPAIWMBCKSKIEE64ZLYK', 'Provides full access to AWS services and resources.'),
  ('arn:aws:iam::aws:policy/PowerUserAccess', 'aws', 'PowerUserAccess', 'ANPAJYRXTHIB4FOVS3ZXS', 'Provides full access to AWS services and resources, but does not allow management of Users and groups.'),
  ('arn:aws:iam::aws:policy/IAMFullAccess', 'aws', 'IAMFullAccess', 'ANPAI7XKCFMBPM3QQRRVQ', 'Provides full access to IAM via the AWS Management Console.'),
  ('arn:aws:iam::aws:policy/IAMReadOnlyAccess', 'aws', 'IAMReadOnlyAccess', 'ANPAJKSO7NDY4T57MWDSQ', 'Provides read only access to IAM via the AWS Management Console.'),
  ('arn:aws:iam::aws:policy/AWSKeyManagementServicePowerUser', 'aws', 'AWSKeyManagementServicePowerUser', 'ANPAJNPP7PPPPMJRV2SA4', 'Provides access to AWS Key Management Service (KMS).');
insert into policy_versions (policy_arn, version, document) values
  ('arn:aws:iam::aws:policy/AdministratorAccess', 1, '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'),
  ('arn:aws:iam::aws:policy/PowerUserAccess', 1, '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"},{"Effect":"Allow","Action":["iam:CreateServiceLinkedRole","iam:DeleteServiceLinkedRole","iam:ListRoles"],"Resource":"*"}]}'),
  ('arn:aws:iam::aws:policy/IAMFullAccess', 1, '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:*"],"Resource":"*"}]}'),
  ('arn:aws:iam::aws:policy/IAMReadOnlyAccess', 1, '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:GenerateCredentialReport","iam:GenerateServiceLastAccessedDetails","iam:Get*","iam:List*","iam:SimulateCustomPolicy","iam:SimulatePrincipalPolicy"],"Resource":"*"}]}'),
  ('arn:aws:iam::aws:policy/AWSKeyManagementServicePowerUser', 1, '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["kms:CreateAlias","kms:CreateKey","kms:DeleteAlias","kms:Describe*","kms:GenerateRandom","kms:Get*","kms:List*","kms:TagResource","kms:UntagResource","iam:ListGroups","iam:ListRoles","iam:ListUsers"],"Resource":"*"}]}');
