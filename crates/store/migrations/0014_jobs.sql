-- Work that is done beside the pages, by whichever process takes it: imports, exports, the turn of the day.

-- step: tables

create table job (
    institution_id {{uuid}} not null,
    id {{uuid}} not null,
    kind text not null,
    -- What it works on: an import's id, a day; at most one job of a kind is open for it.
    subject text not null,
    -- What whoever asked for it knows it by: the name of a file.
    name text not null,
    -- What its work needs to know, JSON.
    body text not null,
    -- Who asked for it, from where; nobody for what the program does by itself.
    account_id {{uuid}},
    address text not null,
    -- waiting, running, done, refused, failed, cancelled
    state text not null,
    -- How often it was begun.
    attempts bigint not null,
    -- When it is taken, at the earliest.
    next_at bigint not null,
    -- The process that has taken it, and when that last said that it lives.
    holder {{uuid}},
    beat bigint,
    -- How far it is.
    percent bigint not null,
    step text not null,
    made_at bigint not null,
    started_at bigint,
    ended_at bigint,
    -- What came out, JSON; empty before it is done.
    result text not null,
    -- Why it was not done, or not yet.
    error text not null,
    -- Whether its end was told to whoever asked for it.
    told boolean not null,
    -- The file that it made: the key and the way by which its bytes are sealed, and the hash of the sealed bytes.
    sealed_key bigint not null,
    sealed_by text not null,
    sealed_hash {{bytes}} not null,
    primary key (institution_id, id)
);

-- step: distribute

select create_distributed_table('job', 'institution_id', colocate_with => 'institution');

-- step: keys

create unique index job_open on job (institution_id, kind, subject) where state in ('waiting', 'running');
create index job_due on job (institution_id, next_at) where state in ('waiting', 'running');
create index job_made on job (institution_id, made_at);
