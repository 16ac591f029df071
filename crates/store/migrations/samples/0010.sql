-- Rows that later migrations must carry over; invented.
insert into unit_change (institution_id, id, day, kind, body, duties, at, account_id, address, undone_at, undone_by) values ({{id 1}}, {{id 60}}, '2026-03-01', 'renamed', '{}', '{}', 1, {{id 30}}, '::1', null, null);
