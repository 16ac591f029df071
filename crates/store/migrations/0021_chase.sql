-- 催办: what went up the ladder for what is late, and what else was noted about it; both are appended to only. And under
-- which number a unit is called during work.

-- step: tables

-- One row for each rung of each duty (or step of a case) and due day, so that nothing goes twice.
create table chase_rung (
    institution_id {{uuid}} not null,
    -- A duty; or a case, with a step and its line: then the step is not empty. -1 is no line.
    subject_id {{uuid}} not null,
    step text not null,
    line bigint not null,
    rung text not null,
    -- The due day under which it went: one that is put off opens the ladder anew.
    due date not null,
    -- The first day of the period in which it is gathered; the due day, where each goes by itself.
    period date not null,
    -- Who owed it, and what it was called.
    unit_id {{uuid}} not null,
    title text not null,
    day date not null,
    -- Whether it was left out.
    skipped boolean not null,
    -- Why it was left out, or went before its day.
    reason text not null,
    -- The case that its release opened.
    case_id {{uuid}},
    -- To whom it went and who had a copy, JSON.
    told text not null,
    -- What was released together.
    batch_id {{uuid}} not null,
    at bigint not null,
    account_id {{uuid}},
    address text not null,
    primary key (institution_id, subject_id, step, line, rung, due, period)
    foreign key chase_rung_unit (institution_id, unit_id) references unit (institution_id, id)
    foreign key chase_rung_case (institution_id, case_id) references case_file (institution_id, id)
);

-- Held with a reason until a day, let go again, seen by whom it is for, called by telephone, answered by a record.
create table chase_note (
    institution_id {{uuid}} not null,
    id {{uuid}} not null,
    subject_id {{uuid}} not null,
    step text not null,
    line bigint not null,
    kind text not null,
    day date not null,
    until date,
    words text not null,
    entry_id {{uuid}},
    at bigint not null,
    account_id {{uuid}},
    address text not null,
    primary key (institution_id, id)
    foreign key chase_note_entry (institution_id, entry_id) references entry (institution_id, id)
);

create table unit_contact (
    institution_id {{uuid}} not null,
    unit_id {{uuid}} not null,
    phone text not null,
    primary key (institution_id, unit_id)
    foreign key unit_contact_unit (institution_id, unit_id) references unit (institution_id, id)
);

-- step: distribute

select create_distributed_table('chase_rung', 'institution_id', colocate_with => 'institution');
select create_distributed_table('chase_note', 'institution_id', colocate_with => 'institution');
select create_distributed_table('unit_contact', 'institution_id', colocate_with => 'institution');

-- step: keys

create index chase_rung_day on chase_rung (institution_id, day);
create index chase_rung_owner on chase_rung (institution_id, unit_id, day);
create index chase_rung_opened on chase_rung (institution_id, case_id) where case_id is not null;
create index chase_note_day on chase_note (institution_id, day);
create index chase_note_subject on chase_note (institution_id, subject_id);
