-- 检查、考核的表: what was said of items without a record (appended only), and the figures of each row as they stood on the
-- day from which they hold, each with its fingerprint. Answers and marks that a record carries stand in the record.

-- step: tables

create table sheet_said (
    institution_id {{uuid}} not null,
    id {{uuid}} not null,
    case_id {{uuid}} not null,
    -- The unit or the person of the row.
    row_id {{uuid}} not null,
    -- What is spoken of: the basis of an item, JSON.
    item text not null,
    -- not_done, elsewhere, since, not_ours: said of it; agreed, refused: said to that.
    says text not null,
    words text not null,
    at bigint not null,
    account_id {{uuid}},
    address text not null,
    primary key (institution_id, id)
    foreign key sheet_said_case (institution_id, case_id) references case_file (institution_id, id)
);

create table sheet_figures (
    institution_id {{uuid}} not null,
    case_id {{uuid}} not null,
    row_id {{uuid}} not null,
    unit_id {{uuid}} not null,
    -- From when until when was looked, and by when it was known.
    begins date not null,
    cutoff date not null,
    known date not null,
    -- Fingerprint of the procedure by which they were made.
    rules text not null,
    -- The lines with their items, JSON, and the SHA-256 of this text.
    body text not null,
    fingerprint text not null,
    at bigint not null,
    account_id {{uuid}},
    address text not null,
    primary key (institution_id, case_id, row_id)
    foreign key sheet_figures_case (institution_id, case_id) references case_file (institution_id, id)
    foreign key sheet_figures_unit (institution_id, unit_id) references unit (institution_id, id)
);

-- step: distribute

select create_distributed_table('sheet_said', 'institution_id', colocate_with => 'institution');
select create_distributed_table('sheet_figures', 'institution_id', colocate_with => 'institution');

-- step: keys

create index sheet_said_case on sheet_said (institution_id, case_id, row_id);
