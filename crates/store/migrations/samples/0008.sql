-- Rows that later migrations must carry over; invented.
insert into entry_words (institution_id, entry_id, words) values ({{id 1}}, {{id 50}}, '四月主题党日');
-- on: sqlite
insert into entry_gram (rowid, grams) values (1, '1000000000s主题');
-- on: postgres
insert into entry_gram (institution_id, entry_id, day, grams) values ({{id 1}}, {{id 50}}, '2026-04-20', '1000000000s主题');
