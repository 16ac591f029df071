-- Changes of the organisation: founded, renamed, moved, merged, split, dissolved on a day; each can be taken back.

-- step: tables

create table unit_change (
    institution_id {{uuid}} not null,
    id {{uuid}} not null,
    -- The first day on which it holds.
    day date not null,
    kind text not null,
    -- The units before and after, JSON.
    body text not null,
    -- The duties that ended and were made, JSON: what taking it back needs.
    duties text not null,
    at bigint not null,
    account_id {{uuid}},
    address text not null,
    undone_at bigint,
    undone_by {{uuid}},
    primary key (institution_id, id)
);

-- step: distribute

select create_distributed_table('unit_change', 'institution_id', colocate_with => 'institution');

-- step: keys

create index unit_change_day on unit_change (institution_id, day, id);
