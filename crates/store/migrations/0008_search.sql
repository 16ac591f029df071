-- Records are found by their words through an index, which the program writes with the record (src/search).
-- What entry_text holds is moved to entry_words when the program starts.

-- step: tables on sqlite

-- The newest revision in words, folded for comparing. `n` gives the order in which lists show records: the day, and
-- behind it a running number.
create table entry_words (
    n integer primary key,
    institution_id {{uuid}} not null,
    entry_id {{uuid}} not null,
    words text not null,
    unique (institution_id, entry_id)
    foreign key entry_words_entry (institution_id, entry_id) references entry (institution_id, id)
);

-- The grams of each record, its row being `n`. It holds no text, nor where a gram stands: the words are compared.
create virtual table entry_gram using fts5(grams, content='', contentless_delete=1, detail=none, tokenize='ascii');

-- step: tables on postgres

create table entry_words (
    institution_id uuid not null,
    entry_id uuid not null,
    words text not null,
    primary key (institution_id, entry_id)
    foreign key entry_words_entry (institution_id, entry_id) references entry (institution_id, id)
);

-- The grams of each record. They are read by the index only, so they lie apart from the rows, which a search reads in
-- great number.
create table entry_gram (
    institution_id uuid not null,
    entry_id uuid not null,
    day date not null,
    grams tsvector not null,
    primary key (institution_id, entry_id)
    foreign key entry_gram_entry (institution_id, entry_id) references entry (institution_id, id)
) with (toast_tuple_target = 128);

-- step: distribute

select create_distributed_table('entry_words', 'institution_id', colocate_with => 'institution');
select create_distributed_table('entry_gram', 'institution_id', colocate_with => 'institution');

-- step: keys on postgres

alter table entry_gram alter column grams set storage external;
-- Each gram begins with the institution. What is saved waits in a short list and is sorted in by a later save.
create index entry_gram_grams on entry_gram using gin (grams) with (gin_pending_list_limit = 256);
