-- Rows that later migrations must carry over; invented.
insert into chase_rung (institution_id, subject_id, step, line, rung, due, period, unit_id, title, day, skipped, reason, case_id, told, batch_id, at, account_id, address) values ({{id 1}}, {{id 90}}, 'first-talk', -1, 'nudge', '2026-05-20', '2026-05-20', {{id 11}}, '派人谈话', '2026-05-27', false, '', null, '[]', {{id 95}}, 1, {{id 30}}, '::1');
insert into chase_note (institution_id, id, subject_id, step, line, kind, day, until, words, entry_id, at, account_id, address) values ({{id 1}}, {{id 96}}, {{id 90}}, 'first-talk', -1, 'held', '2026-05-28', '2026-06-05', '书记出差', null, 1, {{id 30}}, '::1');
insert into unit_contact (institution_id, unit_id, phone) values ({{id 1}}, {{id 11}}, '5601 2101');
