-- Rows that later migrations must carry over; invented.
insert into moment (institution_id, id, revision, event, year, unit_id, day, note, at, account_id, address) values ({{id 1}}, {{id 70}}, 1, 'party-congress', 2026, null, '2026-06-18', '', 1, {{id 30}}, '::1');
insert into moment (institution_id, id, revision, event, year, unit_id, day, note, at, account_id, address) values ({{id 1}}, {{id 70}}, 2, 'party-congress', 2026, null, null, '', 2, {{id 30}}, '::1');
