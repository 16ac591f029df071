-- Rows that later migrations must carry over; invented.
insert into entry_note (institution_id, entry_id, seq, revision, kind, words, at, account_id, address) values ({{id 1}}, {{id 50}}, 1, 1, 'returned', '写明缺席事由', 1, {{id 30}}, '::1');
insert into entry_batch (institution_id, id, account_id, session, kind, name, made_at, cells, entries, done_at, undone_at) values ({{id 1}}, {{id 60}}, {{id 30}}, {{hash 3}}, 'confirm', '', 1, '', '[]', 1, null);
insert into saved_view (institution_id, account_id, name, query, at) values ({{id 1}}, {{id 30}}, '本支部党日', 'ledger=theme-day', 1);
insert into arrival_list (institution_id, id, unit_id, account_id, title, draft, due, ends_at) values ({{id 1}}, {{id 61}}, {{id 11}}, {{id 30}}, '四月主题党日', 'record/1', '[]', 1);
insert into arrival (institution_id, list_id, person_id) values ({{id 1}}, {{id 61}}, {{id 20}});
