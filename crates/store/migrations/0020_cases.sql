-- 流程: procedures as they were when cases were opened, the cases, what happened to them (appended to only), and what
-- became known by them of people, units and matters. What is open now stands in a table of its own, made of the rest.

-- step: tables

create table workflow (
    institution_id {{uuid}} not null,
    -- Of the file and the version in it.
    fingerprint text not null,
    -- The procedure, JSON.
    body text not null,
    primary key (institution_id, fingerprint)
);

create table case_file (
    institution_id {{uuid}} not null,
    id {{uuid}} not null,
    -- Id of the procedure, and its text.
    workflow text not null,
    fingerprint text not null,
    -- What it is about: person, unit, record, matter; of a record also the line of its table.
    subject text not null,
    subject_id {{uuid}} not null,
    subject_line bigint,
    title text not null,
    -- Whose it was when it was opened, and whose it is now.
    unit_id {{uuid}} not null,
    own_id {{uuid}} not null,
    opened date not null,
    -- The unit that opened it.
    opened_by {{uuid}} not null,
    parent_id {{uuid}},
    -- open, branch, restricted: who may read it.
    privacy text not null,
    -- How it ended and when; none while it runs.
    outcome text,
    ended date,
    -- Records that came too early, and how many lapses have had their effects, JSON.
    kept text not null,
    at bigint not null,
    account_id {{uuid}},
    address text not null,
    primary key (institution_id, id)
    foreign key case_file_unit (institution_id, unit_id) references unit (institution_id, id)
    foreign key case_file_own (institution_id, own_id) references unit (institution_id, id)
);

create table case_event (
    institution_id {{uuid}} not null,
    case_id {{uuid}} not null,
    seq bigint not null,
    known date not null,
    day date not null,
    -- What happened, JSON.
    body text not null,
    entry_id {{uuid}},
    reason text not null,
    at bigint not null,
    account_id {{uuid}},
    address text not null,
    primary key (institution_id, case_id, seq)
    foreign key case_event_case (institution_id, case_id) references case_file (institution_id, id)
);

create table case_fact (
    institution_id {{uuid}} not null,
    id {{uuid}} not null,
    case_id {{uuid}},
    subject text not null,
    subject_id {{uuid}} not null,
    name text not null,
    known date not null,
    -- What it says, since when, until when, JSON.
    body text not null,
    primary key (institution_id, id)
);

-- What is open now. -1 is no line.
create table case_step (
    institution_id {{uuid}} not null,
    case_id {{uuid}} not null,
    step text not null,
    line bigint not null,
    disputed boolean not null,
    title text not null,
    unit_id {{uuid}},
    since date not null,
    first_due date,
    due date,
    -- How many things it lacks.
    lacks bigint not null,
    primary key (institution_id, case_id, step, line, disputed)
    foreign key case_step_case (institution_id, case_id) references case_file (institution_id, id)
);

-- What became of a record at a step: moved, refused, attached, later, disputes.
create table case_entry (
    institution_id {{uuid}} not null,
    case_id {{uuid}} not null,
    entry_id {{uuid}} not null,
    step text not null,
    line bigint not null,
    fate text not null,
    outcome text not null,
    -- What was refused or told, JSON.
    told text not null,
    at bigint not null,
    primary key (institution_id, case_id, entry_id, step, line)
    foreign key case_entry_case (institution_id, case_id) references case_file (institution_id, id)
    foreign key case_entry_entry (institution_id, entry_id) references entry (institution_id, id)
);

-- Numbers of series (〔2026〕12号), each given once.
create table case_number (
    institution_id {{uuid}} not null,
    series text not null,
    year bigint not null,
    number bigint not null,
    case_id {{uuid}} not null,
    primary key (institution_id, series, year, number)
);

-- step: distribute

select create_distributed_table('workflow', 'institution_id', colocate_with => 'institution');
select create_distributed_table('case_file', 'institution_id', colocate_with => 'institution');
select create_distributed_table('case_event', 'institution_id', colocate_with => 'institution');
select create_distributed_table('case_fact', 'institution_id', colocate_with => 'institution');
select create_distributed_table('case_step', 'institution_id', colocate_with => 'institution');
select create_distributed_table('case_entry', 'institution_id', colocate_with => 'institution');
select create_distributed_table('case_number', 'institution_id', colocate_with => 'institution');

-- step: keys

create index case_file_running on case_file (institution_id, workflow, opened) where outcome is null;
create index case_file_subject on case_file (institution_id, subject_id);
create index case_file_parent on case_file (institution_id, parent_id) where parent_id is not null;
create index case_event_entry on case_event (institution_id, entry_id) where entry_id is not null;
create index case_fact_subject on case_fact (institution_id, subject_id, name);
create index case_step_unit on case_step (institution_id, unit_id, due);
create index case_entry_entry on case_entry (institution_id, entry_id);
create index case_number_case on case_number (institution_id, case_id);
