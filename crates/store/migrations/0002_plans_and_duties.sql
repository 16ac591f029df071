-- Plans as revisions, what they ask (obligations), and who owes what by when (duties).

-- step: tables

-- Files handed in and texts read from them, each kept once, by the SHA-256 of its bytes.
create table blob (
    institution_id {{uuid}} not null,
    hash {{bytes}} not null,
    bytes {{bytes}} not null,
    at bigint not null,
    primary key (institution_id, hash)
);

create table plan (
    institution_id {{uuid}} not null,
    id {{uuid}} not null,
    title text not null,
    year bigint not null,
    -- The newest revision.
    revision bigint not null,
    created_at bigint not null,
    created_by {{uuid}},
    primary key (institution_id, id)
);

create table plan_revision (
    institution_id {{uuid}} not null,
    plan_id {{uuid}} not null,
    revision bigint not null,
    title text not null,
    year bigint not null,
    file_name text not null,
    -- The file as it was handed in; none for a text that was typed.
    file_hash {{bytes}},
    -- The text read from it, with its places.
    source_hash {{bytes}} not null,
    -- What the compiler and the clerk made of it.
    review text not null,
    at bigint not null,
    account_id {{uuid}},
    address text not null,
    primary key (institution_id, plan_id, revision)
    foreign key plan_revision_plan (institution_id, plan_id) references plan (institution_id, id)
    foreign key plan_revision_file (institution_id, file_hash) references blob (institution_id, hash)
    foreign key plan_revision_source (institution_id, source_hash) references blob (institution_id, hash)
);

create table publication (
    institution_id {{uuid}} not null,
    plan_id {{uuid}} not null,
    revision bigint not null,
    made date not null,
    at bigint not null,
    account_id {{uuid}},
    address text not null,
    primary key (institution_id, plan_id, revision)
    foreign key publication_revision (institution_id, plan_id, revision) references plan_revision (institution_id, plan_id, revision)
);

create table obligation (
    institution_id {{uuid}} not null,
    id {{uuid}} not null,
    plan_id {{uuid}} not null,
    -- Revision of the plan that it was published with.
    revision bigint not null,
    key text not null,
    ledger text,
    body text not null,
    -- Day from which a later version of the plan no longer asks it.
    ended date,
    ended_revision bigint,
    primary key (institution_id, id)
    foreign key obligation_publication (institution_id, plan_id, revision) references publication (institution_id, plan_id, revision)
);

create table duty (
    institution_id {{uuid}} not null,
    id {{uuid}} not null,
    plan_id {{uuid}} not null,
    obligation_id {{uuid}} not null,
    unit_id {{uuid}} not null,
    person_id {{uuid}},
    title text not null,
    starts date not null,
    planned date not null,
    due date not null,
    seq bigint not null,
    need bigint not null,
    rules text not null,
    made date not null,
    dropped date,
    -- The institution's change number when what this duty's standing rests on last changed.
    changed bigint not null,
    primary key (institution_id, id)
    foreign key duty_obligation (institution_id, obligation_id) references obligation (institution_id, id)
    foreign key duty_unit (institution_id, unit_id) references unit (institution_id, id)
    foreign key duty_person (institution_id, person_id) references person (institution_id, id)
){{clustered}};

create table waiver (
    institution_id {{uuid}} not null,
    id {{uuid}} not null,
    duty_id {{uuid}} not null,
    reason text not null,
    asked_by {{uuid}} not null,
    asked_at bigint not null,
    approved boolean,
    decided_by {{uuid}},
    decided_on date,
    decided_at bigint,
    remark text not null,
    primary key (institution_id, id)
    foreign key waiver_duty (institution_id, duty_id) references duty (institution_id, id)
);

create table extension (
    institution_id {{uuid}} not null,
    id {{uuid}} not null,
    duty_id {{uuid}} not null,
    due date not null,
    reason text not null,
    asked_by {{uuid}} not null,
    asked_at bigint not null,
    approved boolean,
    decided_by {{uuid}},
    decided_on date,
    decided_at bigint,
    remark text not null,
    primary key (institution_id, id)
    foreign key extension_duty (institution_id, duty_id) references duty (institution_id, id)
);

-- step: distribute

select create_distributed_table('blob', 'institution_id', colocate_with => 'institution');
select create_distributed_table('plan', 'institution_id', colocate_with => 'institution');
select create_distributed_table('plan_revision', 'institution_id', colocate_with => 'institution');
select create_distributed_table('publication', 'institution_id', colocate_with => 'institution');
select create_distributed_table('obligation', 'institution_id', colocate_with => 'institution');
select create_distributed_table('duty', 'institution_id', colocate_with => 'institution');
select create_distributed_table('waiver', 'institution_id', colocate_with => 'institution');
select create_distributed_table('extension', 'institution_id', colocate_with => 'institution');

-- step: keys

create index plan_year on plan (institution_id, year);
create index obligation_of_plan on obligation (institution_id, plan_id);
create index duty_changed on duty (institution_id, changed, id);
create index duty_of_unit on duty (institution_id, unit_id, due, id);
create index duty_of_obligation on duty (institution_id, obligation_id, due, id);
create index duty_of_person on duty (institution_id, person_id, due, id) where person_id is not null;
create index duty_due on duty (institution_id, due, id);
create index waiver_of_duty on waiver (institution_id, duty_id);
create index waiver_waiting on waiver (institution_id, id) where approved is null;
create index extension_of_duty on extension (institution_id, duty_id);
create index extension_waiting on extension (institution_id, id) where approved is null;
