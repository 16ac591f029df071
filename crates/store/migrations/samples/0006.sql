-- Rows that later migrations must carry over; invented.
insert into person_file (institution_id, person_id, revision, body) values ({{id 1}}, {{id 20}}, 1, '{"nation":"汉族"}');
insert into person_revision (institution_id, person_id, revision, body, note, batch_id, at, account_id, address) values ({{id 1}}, {{id 20}}, 1, '{}', '导入', {{id 40}}, 1767574800000000, {{id 30}}, '::1');
insert into person_secret (institution_id, person_id, kind, revision, holds, sealed_key, sealed_by, sealed, lookup) values ({{id 1}}, {{id 20}}, 'phone', 1, 1, 1, 'aes-256-gcm', {{hash 5}}, {{hash 6}});
insert into person_batch (institution_id, id, account_id, made_at, name, day, state, counts, applied_at, undone_at, sealed_key, sealed_by, sealed) values ({{id 1}}, {{id 40}}, {{id 30}}, 1, '名册.xlsx', '2026-04-20', 'applied', '{}', 2, null, 0, '', {{hash 7}});
insert into correction (institution_id, id, person_id, asked_by, asked_at, sealed_key, sealed_by, sealed, state, decided_by, decided_at, remark) values ({{id 1}}, {{id 41}}, {{id 20}}, {{id 30}}, 1, 1, 'aes-256-gcm', {{hash 8}}, 'open', null, null, '');
insert into account_request (institution_id, id, person_id, role, unit_id, asked_by, asked_at, account_id, granted_at, dropped_at) values ({{id 1}}, {{id 42}}, {{id 20}}, 'secretary', {{id 11}}, {{id 30}}, 1, null, null, null);
