-- Rows that later migrations must carry over; invented.
insert into calendar_feed (secret_hash, institution_id, account_id, made_at) values ({{hash 1}}, {{id 1}}, {{id 30}}, 1);
