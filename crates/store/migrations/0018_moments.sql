-- Days that were told (党代会定在6月18日): each revision of an occasion is a row, appended to only.

-- step: tables

create table moment (
    institution_id {{uuid}} not null,
    id {{uuid}} not null,
    revision bigint not null,
    -- The event's id in the rulebook, or the document's own words.
    event text not null,
    -- The year whose plans hang on it.
    year bigint not null,
    -- The unit whose own it is; none for the whole institution's.
    unit_id {{uuid}},
    -- None when it was taken back.
    day date,
    note text not null,
    at bigint not null,
    account_id {{uuid}},
    address text not null,
    primary key (institution_id, id, revision)
);

-- step: distribute

select create_distributed_table('moment', 'institution_id', colocate_with => 'institution');

-- step: keys

create index moment_year on moment (institution_id, year, event);
