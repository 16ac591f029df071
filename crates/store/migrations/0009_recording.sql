-- Confirmation of records by the level above; what was done to many records at once, so that it can be undone; views
-- of the list that people keep; arrivals at a meeting while it lasts.

-- step: tables

-- The unit that has to confirm the record; none where its ledgers do not ask for it.
alter table entry add column above_id {{uuid}};
-- waiting, confirmed, returned; empty where nobody is asked.
alter table entry add column confirmation text not null default '';

-- What was said of a record beside its revisions: confirmed, returned, reopened, withdrawn. Appended to only.
create table entry_note (
    institution_id {{uuid}} not null,
    entry_id {{uuid}} not null,
    seq bigint not null,
    -- The revision that it was said of.
    revision bigint not null,
    kind text not null,
    -- The reason; may be empty.
    words text not null,
    at bigint not null,
    account_id {{uuid}},
    address text not null,
    primary key (institution_id, entry_id, seq)
    foreign key entry_note_entry (institution_id, entry_id) references entry (institution_id, id)
);

-- Many records in one act: confirmed, withdrawn, imported.
create table entry_batch (
    institution_id {{uuid}} not null,
    id {{uuid}} not null,
    account_id {{uuid}} not null,
    -- Hash of the session in which it was done.
    session {{bytes}} not null,
    kind text not null,
    name text not null,
    made_at bigint not null,
    -- The cells of an import that was not taken in yet, JSON; else empty.
    cells text not null,
    -- The records with the revision that they had afterwards, JSON; empty before it is done.
    entries text not null,
    done_at bigint,
    undone_at bigint,
    primary key (institution_id, id)
);

create table saved_view (
    institution_id {{uuid}} not null,
    account_id {{uuid}} not null,
    name text not null,
    -- The address of the list behind the question mark.
    query text not null,
    at bigint not null,
    primary key (institution_id, account_id, name)
);

-- A meeting at which people say themselves that they came; gone when it ends.
create table arrival_list (
    institution_id {{uuid}} not null,
    id {{uuid}} not null,
    unit_id {{uuid}} not null,
    account_id {{uuid}} not null,
    title text not null,
    -- Key of the draft into which the arrivals go.
    draft text not null,
    -- Whose arrival is noted, JSON list of ids.
    due text not null,
    ends_at bigint not null,
    primary key (institution_id, id)
);

-- That somebody came: no place, no device, no time.
create table arrival (
    institution_id {{uuid}} not null,
    list_id {{uuid}} not null,
    person_id {{uuid}} not null,
    primary key (institution_id, list_id, person_id)
);

-- step: distribute

select create_distributed_table('entry_note', 'institution_id', colocate_with => 'institution');
select create_distributed_table('entry_batch', 'institution_id', colocate_with => 'institution');
select create_distributed_table('saved_view', 'institution_id', colocate_with => 'institution');
select create_distributed_table('arrival_list', 'institution_id', colocate_with => 'institution');
select create_distributed_table('arrival', 'institution_id', colocate_with => 'institution');

-- step: keys

create index entry_confirmation on entry (institution_id, confirmation, withdrawn, day, id, unit_id, above_id) where confirmation <> '';
create index entry_batch_done on entry_batch (institution_id, account_id, made_at);
