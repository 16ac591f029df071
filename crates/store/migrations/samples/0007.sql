-- Rows that later migrations must carry over; invented.
insert into attachment (institution_id, id, entry_id, field, name, kind, size, given, hash, small, words, made_at, made_by, saved) values ({{id 1}}, {{id 43}}, {{id 15}}, 'attachments', '签到表.pdf', 'pdf', 2048, {{hash 9}}, {{hash 9}}, {{hash 9}}, '签到表', 1767574800000000, {{id 30}}, 1);
