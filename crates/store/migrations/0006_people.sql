-- What is held of people beyond what everybody's work needs; every state of it; imports; corrections that people ask
-- for; accounts that the Party office asks for.
--
-- What is sealed lies in three columns: the number of the key, the algorithm, and nonce and ciphertext in one.

-- step: tables

-- How people look for somebody: pinyin, that of the given name, initials, characters, number.
alter table person add column spelling text not null default '';

create table person_file (
    institution_id {{uuid}} not null,
    person_id {{uuid}} not null,
    revision bigint not null,
    body text not null,
    primary key (institution_id, person_id)
    foreign key person_file_person (institution_id, person_id) references person (institution_id, id)
);

-- Without a foreign key: a person who was taken in by mistake goes, what was done stays.
create table person_revision (
    institution_id {{uuid}} not null,
    person_id {{uuid}} not null,
    revision bigint not null,
    -- The person as a whole, JSON; empty when the person was taken off the roster.
    body text not null,
    -- What was done, in a line.
    note text not null,
    batch_id {{uuid}},
    at bigint not null,
    account_id {{uuid}},
    address text not null,
    primary key (institution_id, person_id, revision)
);

create table person_secret (
    institution_id {{uuid}} not null,
    person_id {{uuid}} not null,
    kind text not null,
    revision bigint not null,
    -- 1 for the one that holds, else 0.
    holds bigint not null,
    sealed_key bigint not null,
    sealed_by text not null,
    sealed {{bytes}} not null,
    -- A keyed hash: finds the same number again without opening any.
    lookup {{bytes}} not null,
    primary key (institution_id, person_id, kind, revision)
);

create table person_batch (
    institution_id {{uuid}} not null,
    id {{uuid}} not null,
    account_id {{uuid}},
    made_at bigint not null,
    name text not null,
    day date not null,
    state text not null,
    -- Counts of the last look, JSON.
    counts text not null,
    applied_at bigint,
    undone_at bigint,
    sealed_key bigint not null,
    sealed_by text not null,
    -- The cells as they were given; empty once they are no longer needed.
    sealed {{bytes}} not null,
    primary key (institution_id, id)
);

create table correction (
    institution_id {{uuid}} not null,
    id {{uuid}} not null,
    person_id {{uuid}} not null,
    asked_by {{uuid}} not null,
    asked_at bigint not null,
    sealed_key bigint not null,
    sealed_by text not null,
    sealed {{bytes}} not null,
    -- open, done, refused.
    state text not null,
    decided_by {{uuid}},
    decided_at bigint,
    remark text not null,
    primary key (institution_id, id)
    foreign key correction_person (institution_id, person_id) references person (institution_id, id)
);

create table account_request (
    institution_id {{uuid}} not null,
    id {{uuid}} not null,
    person_id {{uuid}} not null,
    role text not null,
    unit_id {{uuid}} not null,
    asked_by {{uuid}} not null,
    asked_at bigint not null,
    -- Who got it.
    account_id {{uuid}},
    granted_at bigint,
    dropped_at bigint,
    primary key (institution_id, id)
    foreign key account_request_person (institution_id, person_id) references person (institution_id, id)
    foreign key account_request_unit (institution_id, unit_id) references unit (institution_id, id)
);

-- step: distribute

select create_distributed_table('person_file', 'institution_id', colocate_with => 'institution');
select create_distributed_table('person_revision', 'institution_id', colocate_with => 'institution');
select create_distributed_table('person_secret', 'institution_id', colocate_with => 'institution');
select create_distributed_table('person_batch', 'institution_id', colocate_with => 'institution');
select create_distributed_table('correction', 'institution_id', colocate_with => 'institution');
select create_distributed_table('account_request', 'institution_id', colocate_with => 'institution');

-- step: keys

create index person_spelling on person (institution_id, spelling, id);
create index membership_heads on membership (institution_id, stage, since, until);
create index person_revision_batch on person_revision (institution_id, batch_id, person_id) where batch_id is not null;
create index person_secret_lookup on person_secret (institution_id, kind, lookup) where holds = 1;
create index correction_state on correction (institution_id, state, asked_at);
create index correction_of_person on correction (institution_id, person_id, asked_at);
create index account_request_open on account_request (institution_id, asked_at) where granted_at is null;
