-- Rows that later migrations must carry over; invented.
insert into readiness (id, at) values (1, 1);
insert into key_check (key_id, fingerprint, noted_at) values (1, '0011223344556677', 1);
insert into installation (part, word, noted_at) values ('files', '0011223344556677', 1);
