-- What several processes of one installation must have in common: the keys, the folder of files, and units and
-- calendar as they are now. These tables belong to the server; no act holds their rows.

-- step: tables

-- Written to see whether writing is possible; one row.
create table readiness (
    id bigint not null,
    at bigint not null,
    primary key (id)
);

-- By what a key of this number is known again; nothing of the key can be found from it.
create table key_check (
    key_id bigint not null,
    fingerprint text not null,
    noted_at bigint not null,
    primary key (key_id)
);

-- What this installation consists of beside the database: `files` is the word in the folder or bucket of files.
create table installation (
    part text not null,
    word text not null,
    noted_at bigint not null,
    primary key (part)
);

-- Number of the last change to units, calendar and settings.
alter table institution add column org_changed bigint not null default 0;
