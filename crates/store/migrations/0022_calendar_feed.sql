-- The address under which somebody's calendar program asks for their days. Of the address only the hash is kept; like a
-- session the table belongs to the server, since whoever asks names no institution.

-- step: tables

create table calendar_feed (
    -- SHA-256 of the secret in the address.
    secret_hash {{bytes}} not null,
    institution_id {{uuid}} not null,
    account_id {{uuid}} not null,
    made_at bigint not null,
    primary key (secret_hash)
);

-- step: keys

create unique index calendar_feed_account on calendar_feed (institution_id, account_id);
