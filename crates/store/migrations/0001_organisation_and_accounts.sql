-- Institutions, their units and people, accounts, and the audit chain.
--
-- Instants are microseconds since 1970 in UTC, days are dates, JSON is text. institution_id leads every key of every
-- table that belongs to an institution; session, setup_link, login_attempt and login belong to the server.
-- A line `foreign key …` names columns without their types; on SQLite it stays in the table, on PostgreSQL it is
-- added in the third step.

-- step: tables

create table institution (
    id {{uuid}} not null,
    name text not null,
    -- Number of the last change to what standing rests on.
    changed bigint not null,
    -- Number and hash of the last line of the audit chain.
    audit_seq bigint not null,
    audit_hash {{bytes}} not null,
    created_at bigint not null,
    primary key (id)
){{clustered}};

create table unit (
    institution_id {{uuid}} not null,
    id {{uuid}} not null,
    parent_id {{uuid}},
    kind text not null,
    name text not null,
    aliases text not null,
    traits text not null,
    sort bigint not null,
    founded date,
    dissolved date,
    revision bigint not null,
    primary key (institution_id, id)
    foreign key unit_parent (institution_id, parent_id) references unit (institution_id, id)
){{clustered}};

create table unit_revision (
    institution_id {{uuid}} not null,
    unit_id {{uuid}} not null,
    revision bigint not null,
    body text not null,
    at bigint not null,
    account_id {{uuid}},
    address text not null,
    primary key (institution_id, unit_id, revision)
    foreign key unit_revision_unit (institution_id, unit_id) references unit (institution_id, id)
);

create table person (
    institution_id {{uuid}} not null,
    id {{uuid}} not null,
    name text not null,
    number text not null,
    kind text not null,
    primary key (institution_id, id)
){{clustered}};

create table membership (
    institution_id {{uuid}} not null,
    id {{uuid}} not null,
    person_id {{uuid}} not null,
    branch_id {{uuid}} not null,
    group_id {{uuid}},
    stage text not null,
    since date not null,
    until date,
    primary key (institution_id, id)
    foreign key membership_person (institution_id, person_id) references person (institution_id, id)
    foreign key membership_branch (institution_id, branch_id) references unit (institution_id, id)
    foreign key membership_group (institution_id, group_id) references unit (institution_id, id)
){{clustered}};

create table post (
    institution_id {{uuid}} not null,
    id {{uuid}} not null,
    person_id {{uuid}} not null,
    unit_id {{uuid}} not null,
    title text not null,
    since date not null,
    until date,
    primary key (institution_id, id)
    foreign key post_person (institution_id, person_id) references person (institution_id, id)
    foreign key post_unit (institution_id, unit_id) references unit (institution_id, id)
){{clustered}};

create table account (
    institution_id {{uuid}} not null,
    id {{uuid}} not null,
    person_id {{uuid}},
    login text not null,
    name text not null,
    -- PHC string; empty until the person has set one.
    password text not null,
    password_at bigint,
    disabled_at bigint,
    created_at bigint not null,
    primary key (institution_id, id)
    foreign key account_person (institution_id, person_id) references person (institution_id, id)
);

-- A login is unique on the server, so that nobody need name their institution to sign in.
create table login (
    login text not null,
    institution_id {{uuid}} not null,
    account_id {{uuid}} not null,
    primary key (login)
);

create table grant_of_role (
    institution_id {{uuid}} not null,
    id {{uuid}} not null,
    account_id {{uuid}} not null,
    role text not null,
    unit_id {{uuid}} not null,
    granted_at bigint not null,
    granted_by {{uuid}},
    granted_from text not null,
    ended_at bigint,
    ended_by {{uuid}},
    ended_from text,
    primary key (institution_id, id)
    foreign key grant_of_role_account (institution_id, account_id) references account (institution_id, id)
    foreign key grant_of_role_unit (institution_id, unit_id) references unit (institution_id, id)
);

create table session (
    token_hash {{bytes}} not null,
    institution_id {{uuid}} not null,
    account_id {{uuid}} not null,
    created_at bigint not null,
    seen_at bigint not null,
    expires_at bigint not null,
    address text not null,
    agent text not null,
    primary key (token_hash)
);

create table setup_link (
    token_hash {{bytes}} not null,
    -- None for the link of the first start, when there is no institution yet.
    institution_id {{uuid}},
    account_id {{uuid}},
    purpose text not null,
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint,
    primary key (token_hash)
);

create table login_attempt (
    -- What is counted: a login or an address.
    subject text not null,
    failures bigint not null,
    first_at bigint not null,
    last_at bigint not null,
    locked_until bigint,
    primary key (subject)
);

create table setting (
    institution_id {{uuid}} not null,
    key text not null,
    revision bigint not null,
    body text not null,
    at bigint not null,
    account_id {{uuid}},
    address text not null,
    primary key (institution_id, key, revision)
);

create table counter (
    institution_id {{uuid}} not null,
    kind text not null,
    year bigint not null,
    value bigint not null,
    primary key (institution_id, kind, year)
);

create table draft (
    institution_id {{uuid}} not null,
    account_id {{uuid}} not null,
    key text not null,
    body text not null,
    at bigint not null,
    primary key (institution_id, account_id, key)
);

create table audit (
    institution_id {{uuid}} not null,
    seq bigint not null,
    at bigint not null,
    account_id {{uuid}},
    address text not null,
    action text not null,
    subject text not null,
    detail text not null,
    prev_hash {{bytes}} not null,
    hash {{bytes}} not null,
    primary key (institution_id, seq)
);

-- step: distribute

select create_distributed_table('institution', 'id');
select create_distributed_table('unit', 'institution_id', colocate_with => 'institution');
select create_distributed_table('unit_revision', 'institution_id', colocate_with => 'institution');
select create_distributed_table('person', 'institution_id', colocate_with => 'institution');
select create_distributed_table('membership', 'institution_id', colocate_with => 'institution');
select create_distributed_table('post', 'institution_id', colocate_with => 'institution');
select create_distributed_table('account', 'institution_id', colocate_with => 'institution');
select create_distributed_table('grant_of_role', 'institution_id', colocate_with => 'institution');
select create_distributed_table('setting', 'institution_id', colocate_with => 'institution');
select create_distributed_table('counter', 'institution_id', colocate_with => 'institution');
select create_distributed_table('draft', 'institution_id', colocate_with => 'institution');
select create_distributed_table('audit', 'institution_id', colocate_with => 'institution');

-- step: keys

create index unit_parent_sort on unit (institution_id, parent_id, sort);
create index person_number on person (institution_id, number);
create index membership_of_person on membership (institution_id, person_id, since);
create index membership_of_branch on membership (institution_id, branch_id, since);
create index membership_of_group on membership (institution_id, group_id);
create index post_of_unit on post (institution_id, unit_id, since);
create index post_of_person on post (institution_id, person_id, since);
create index account_of_person on account (institution_id, person_id);
create index grant_of_account on grant_of_role (institution_id, account_id);
create index grant_of_unit on grant_of_role (institution_id, unit_id);
create index session_of_account on session (institution_id, account_id);
create index session_expires on session (expires_at);
create index audit_action on audit (institution_id, action, seq);
create index audit_account on audit (institution_id, account_id, seq);
create index audit_subject on audit (institution_id, subject, seq);
