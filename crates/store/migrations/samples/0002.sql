-- Rows that later migrations must carry over; invented.
insert into blob (institution_id, hash, bytes, at) values ({{id 1}}, {{hash 5}}, {{hash 6}}, 1);
insert into plan (institution_id, id, title, year, revision, created_at, created_by) values ({{id 1}}, {{id 40}}, '2026年党建工作要点', 2026, 1, 1, {{id 30}});
insert into plan_revision (institution_id, plan_id, revision, title, year, file_name, file_hash, source_hash, review, at, account_id, address) values ({{id 1}}, {{id 40}}, 1, '2026年党建工作要点', 2026, '要点.docx', {{hash 5}}, {{hash 5}}, '[]', 1, {{id 30}}, '::1');
insert into publication (institution_id, plan_id, revision, made, at, account_id, address) values ({{id 1}}, {{id 40}}, 1, '2026-01-20', 1, {{id 30}}, '::1');
insert into obligation (institution_id, id, plan_id, revision, key, ledger, body) values ({{id 1}}, {{id 41}}, {{id 40}}, 1, '1.1', 'theme-day', '{}');
insert into duty (institution_id, id, plan_id, obligation_id, unit_id, person_id, title, starts, planned, due, seq, need, rules, made, dropped, changed) values ({{id 1}}, {{id 42}}, {{id 40}}, {{id 41}}, {{id 11}}, null, '主题党日（4月）', '2026-04-01', '2026-04-15', '2026-04-30', 1, 1, 'r', '2026-01-20', null, 3);
insert into waiver (institution_id, id, duty_id, reason, asked_by, asked_at, approved, decided_by, decided_on, decided_at, remark) values ({{id 1}}, {{id 43}}, {{id 42}}, '寒假', {{id 30}}, 1, true, {{id 30}}, '2026-02-01', 2, '');
insert into extension (institution_id, id, duty_id, due, reason, asked_by, asked_at, approved, decided_by, decided_on, decided_at, remark) values ({{id 1}}, {{id 44}}, {{id 42}}, '2026-05-10', '校庆', {{id 30}}, 1, null, null, null, null, '');
