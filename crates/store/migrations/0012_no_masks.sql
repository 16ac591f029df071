-- Numbers of identity cards and phones were kept shortened beside birthday and sex, in the file of a person and in every
-- state before: together they told the number. They are shortened when they are shown now; what was kept goes, and the
-- file of the database does not keep it in its free room either. What is sealed, and how it is found again, stays.

-- step: tables on sqlite

pragma secure_delete = on;
update person_file set body = json_remove(body, '$.masked_id', '$.masked_phone') where body like '%"masked_%';
update person_revision set body = json_remove(body, '$.file.masked_id', '$.file.masked_phone') where body like '%"masked_%';
pragma secure_delete = off;

-- step: tables on postgres

update person_file set body = cast(cast(body as jsonb) - 'masked_id' - 'masked_phone' as text) where body like '%"masked_%';
update person_revision set body = cast(cast(body as jsonb) #- '{file,masked_id}' #- '{file,masked_phone}' as text) where body like '%"masked_%';
