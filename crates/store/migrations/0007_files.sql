-- Files that records name (附件). Their bytes lie in the store of files, once for each content, under their hash.

-- step: tables

-- A file is there before the record that it was handed in for is saved, hence no foreign key to it.
create table attachment (
    institution_id {{uuid}} not null,
    id {{uuid}} not null,
    entry_id {{uuid}} not null,
    field text not null,
    name text not null,
    kind text not null,
    size bigint not null,
    -- SHA-256 of what was handed in, of what is kept, and of the small picture for lists (empty where there is none).
    given {{bytes}} not null,
    hash {{bytes}} not null,
    small {{bytes}} not null,
    -- What stands in it, for searching.
    words text not null,
    made_at bigint not null,
    made_by {{uuid}} not null,
    -- 1 once a saved revision named it.
    saved bigint not null,
    primary key (institution_id, id)
);

-- step: distribute

select create_distributed_table('attachment', 'institution_id', colocate_with => 'institution');

-- step: keys

-- A file that somebody hands in twice for one place is one file.
create unique index attachment_given on attachment (institution_id, entry_id, field, given, name, made_by);
create index attachment_hash on attachment (institution_id, hash);
create index attachment_small on attachment (institution_id, small);
create index attachment_unsaved on attachment (institution_id, made_at) where saved = 0;
