-- What was done: entries as revisions, the lists that are made of them, and what counts for what (credits).

-- step: tables

-- The newest revision of each entry, as lists need it.
create table entry (
    institution_id {{uuid}} not null,
    id {{uuid}} not null,
    unit_id {{uuid}} not null,
    day date not null,
    title text not null,
    ledgers text not null,
    revision bigint not null,
    entered_at bigint not null,
    entered_by {{uuid}} not null,
    revised_at bigint not null,
    revised_by {{uuid}},
    withdrawn boolean not null,
    -- Whether it was entered later than it should have been (补录).
    late boolean not null,
    -- Whether a complete record would say more (待补).
    incomplete boolean not null,
    primary key (institution_id, id)
    foreign key entry_unit (institution_id, unit_id) references unit (institution_id, id)
){{clustered}};

create table entry_revision (
    institution_id {{uuid}} not null,
    entry_id {{uuid}} not null,
    revision bigint not null,
    body text not null,
    at bigint not null,
    account_id {{uuid}},
    address text not null,
    primary key (institution_id, entry_id, revision)
    foreign key entry_revision_entry (institution_id, entry_id) references entry (institution_id, id)
);

-- What the newest revision says in words, in lower case, for searching.
create table entry_text (
    institution_id {{uuid}} not null,
    entry_id {{uuid}} not null,
    words text not null,
    primary key (institution_id, entry_id)
    foreign key entry_text_entry (institution_id, entry_id) references entry (institution_id, id)
);

create table entry_ledger (
    institution_id {{uuid}} not null,
    ledger text not null,
    day date not null,
    entry_id {{uuid}} not null,
    unit_id {{uuid}} not null,
    withdrawn boolean not null,
    primary key (institution_id, ledger, day, entry_id)
    foreign key entry_ledger_entry (institution_id, entry_id) references entry (institution_id, id)
){{clustered}};

create table entry_person (
    institution_id {{uuid}} not null,
    person_id {{uuid}} not null,
    day date not null,
    entry_id {{uuid}} not null,
    attendance text not null,
    primary key (institution_id, person_id, day, entry_id)
    foreign key entry_person_entry (institution_id, entry_id) references entry (institution_id, id)
    foreign key entry_person_person (institution_id, person_id) references person (institution_id, id)
){{clustered}};

create table credit (
    institution_id {{uuid}} not null,
    id {{uuid}} not null,
    duty_id {{uuid}} not null,
    entry_id {{uuid}} not null,
    amount bigint not null,
    happened date not null,
    known date not null,
    ended date,
    made_at bigint not null,
    made_by {{uuid}},
    ended_at bigint,
    ended_by {{uuid}},
    primary key (institution_id, id)
    foreign key credit_duty (institution_id, duty_id) references duty (institution_id, id)
    foreign key credit_entry (institution_id, entry_id) references entry (institution_id, id)
){{clustered}};

-- step: distribute

select create_distributed_table('entry', 'institution_id', colocate_with => 'institution');
select create_distributed_table('entry_revision', 'institution_id', colocate_with => 'institution');
select create_distributed_table('entry_text', 'institution_id', colocate_with => 'institution');
select create_distributed_table('entry_ledger', 'institution_id', colocate_with => 'institution');
select create_distributed_table('entry_person', 'institution_id', colocate_with => 'institution');
select create_distributed_table('credit', 'institution_id', colocate_with => 'institution');

-- step: keys

create index entry_day on entry (institution_id, withdrawn, day, id);
create index entry_of_unit on entry (institution_id, unit_id, withdrawn, day, id);
create index entry_late on entry (institution_id, day, id) where late;
create index entry_incomplete on entry (institution_id, day, id) where incomplete;
create index entry_ledger_day on entry_ledger (institution_id, ledger, withdrawn, day, entry_id, unit_id);
create index entry_ledger_of_unit on entry_ledger (institution_id, unit_id, ledger, withdrawn, day, entry_id);
create index entry_ledger_of_entry on entry_ledger (institution_id, entry_id);
create index entry_person_of_entry on entry_person (institution_id, entry_id);
create index credit_of_duty on credit (institution_id, duty_id);
create index credit_of_entry on credit (institution_id, entry_id);
-- An entry counts for a duty once.
create unique index credit_duty_id_entry_id on credit (institution_id, duty_id, entry_id) where ended is null;
