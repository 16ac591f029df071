-- Rows that later migrations must carry over; invented.
insert into institution (id, name, changed, audit_seq, audit_hash, created_at) values ({{id 1}}, '春晖职业技术学院', 3, 1, {{hash 2}}, 1767574800000000);
insert into unit (institution_id, id, parent_id, kind, name, aliases, traits, sort, founded, dissolved, revision) values ({{id 1}}, {{id 10}}, null, 'committee', '学校党委', '["党委"]', '[]', 1, null, null, 1);
insert into unit (institution_id, id, parent_id, kind, name, aliases, traits, sort, founded, dissolved, revision) values ({{id 1}}, {{id 11}}, {{id 10}}, 'branch', '第一党支部', '[]', '["staff"]', 1, '2019-09-01', null, 1);
insert into unit_revision (institution_id, unit_id, revision, body, at, account_id, address) values ({{id 1}}, {{id 11}}, 1, '{}', 1767574800000000, null, '');
insert into person (institution_id, id, name, number, kind) values ({{id 1}}, {{id 20}}, '林一', '0042', 'staff');
insert into membership (institution_id, id, person_id, branch_id, group_id, stage, since, until) values ({{id 1}}, {{id 21}}, {{id 20}}, {{id 11}}, null, 'full', '2020-01-01', null);
insert into post (institution_id, id, person_id, unit_id, title, since, until) values ({{id 1}}, {{id 22}}, {{id 20}}, {{id 11}}, '书记', '2024-01-01', null);
insert into account (institution_id, id, person_id, login, name, password, password_at, disabled_at, created_at) values ({{id 1}}, {{id 30}}, {{id 20}}, 'clerk', '林一', '', null, null, 1767574800000000);
insert into login (login, institution_id, account_id) values ('clerk', {{id 1}}, {{id 30}});
insert into grant_of_role (institution_id, id, account_id, role, unit_id, granted_at, granted_by, granted_from) values ({{id 1}}, {{id 31}}, {{id 30}}, 'office', {{id 10}}, 1767574800000000, null, '');
insert into session (token_hash, institution_id, account_id, created_at, seen_at, expires_at, address, agent) values ({{hash 3}}, {{id 1}}, {{id 30}}, 1, 1, 2, '::1', 'browser');
insert into setup_link (token_hash, institution_id, account_id, purpose, created_at, expires_at, used_at) values ({{hash 4}}, null, null, 'first-start', 1, 2, null);
insert into login_attempt (subject, failures, first_at, last_at, locked_until) values ('login:clerk', 2, 1, 2, null);
insert into setting (institution_id, key, revision, body, at, account_id, address) values ({{id 1}}, 'soon-days', 1, '7', 1, {{id 30}}, '::1');
insert into counter (institution_id, kind, year, value) values ({{id 1}}, '督办单', 2026, 12);
insert into draft (institution_id, account_id, key, body, at) values ({{id 1}}, {{id 30}}, 'entry/1', '{}', 1);
insert into audit (institution_id, seq, at, account_id, address, action, subject, detail, prev_hash, hash) values ({{id 1}}, 1, 1, null, '', 'start', '', '', {{hash 0}}, {{hash 2}});
