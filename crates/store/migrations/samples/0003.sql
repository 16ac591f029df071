-- Rows that later migrations must carry over; invented.
insert into entry (institution_id, id, unit_id, day, title, ledgers, revision, entered_at, entered_by, revised_at, revised_by, withdrawn, late, incomplete) values ({{id 1}}, {{id 50}}, {{id 11}}, '2026-04-20', '四月主题党日', '["theme-day"]', 1, 1, {{id 30}}, 1, {{id 30}}, false, false, true);
insert into entry_revision (institution_id, entry_id, revision, body, at, account_id, address) values ({{id 1}}, {{id 50}}, 1, '{}', 1, {{id 30}}, '::1');
insert into entry_text (institution_id, entry_id, words) values ({{id 1}}, {{id 50}}, '四月主题党日');
insert into entry_ledger (institution_id, ledger, day, entry_id, unit_id, withdrawn) values ({{id 1}}, 'theme-day', '2026-04-20', {{id 50}}, {{id 11}}, false);
insert into entry_person (institution_id, person_id, day, entry_id, attendance) values ({{id 1}}, {{id 20}}, '2026-04-20', {{id 50}}, 'present');
insert into credit (institution_id, id, duty_id, entry_id, amount, happened, known, ended, made_at, made_by) values ({{id 1}}, {{id 51}}, {{id 42}}, {{id 50}}, 1, '2026-04-20', '2026-04-20', null, 1, {{id 30}});
