-- Rows that later migrations must carry over; invented.
insert into workflow (institution_id, fingerprint, body) values ({{id 1}}, '00112233', '{}');
insert into case_file (institution_id, id, workflow, fingerprint, subject, subject_id, subject_line, title, unit_id, own_id, opened, opened_by, parent_id, privacy, outcome, ended, kept, at, account_id, address) values ({{id 1}}, {{id 90}}, 'member-development', '00112233', 'person', {{id 20}}, null, '发展党员', {{id 11}}, {{id 11}}, '2026-04-20', {{id 11}}, null, 'branch', null, null, '{}', 1, {{id 30}}, '::1');
insert into case_event (institution_id, case_id, seq, known, day, body, entry_id, reason, at, account_id, address) values ({{id 1}}, {{id 90}}, 1, '2026-04-20', '2026-04-20', '{}', {{id 50}}, '', 1, {{id 30}}, '::1');
insert into case_fact (institution_id, id, case_id, subject, subject_id, name, known, body) values ({{id 1}}, {{id 91}}, {{id 90}}, 'person', {{id 20}}, 'probation', '2026-04-20', '{}');
insert into case_step (institution_id, case_id, step, line, disputed, title, unit_id, since, first_due, due, lacks) values ({{id 1}}, {{id 90}}, 'first-talk', -1, false, '派人谈话', {{id 11}}, '2026-04-20', '2026-05-20', '2026-05-20', 0);
insert into case_entry (institution_id, case_id, entry_id, step, line, fate, outcome, told, at) values ({{id 1}}, {{id 90}}, {{id 50}}, 'apply', -1, 'moved', 'done', '[]', 1);
insert into case_number (institution_id, series, year, number, case_id) values ({{id 1}}, 'transfer-letter', 2026, 1, {{id 90}});
