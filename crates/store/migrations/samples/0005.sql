-- Rows that later migrations must carry over; invented. No table of its own: a revision with a packed review.
insert into plan_revision (institution_id, plan_id, revision, title, year, file_name, file_hash, source_hash, review, packed, at, account_id, address) values ({{id 1}}, {{id 40}}, 2, '2026年党建工作要点', 2026, '要点.docx', {{hash 5}}, {{hash 5}}, '', {{hash 6}}, 1, {{id 30}}, '::1');
