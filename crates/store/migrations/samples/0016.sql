-- Rows that later migrations must carry over; invented.
insert into routine (institution_id, id, year, rule, made, at, account_id, address) values ({{id 1}}, {{id 120}}, 2026, 'theme-day', '2026-01-01', 1, null, '');
insert into obligation (institution_id, id, year, routine_id, key, ledger, body) values ({{id 1}}, {{id 121}}, 2026, {{id 120}}, 'theme-day', 'theme-day', '{}');
insert into duty_also (institution_id, duty_id, obligation_id, since, until) values ({{id 1}}, {{id 42}}, {{id 121}}, '2026-01-01', null);
