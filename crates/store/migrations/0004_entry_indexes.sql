-- Lists of records and their counts are answered from an index alone, however many records there are.

-- step: tables

-- step: distribute

-- step: keys

drop index entry_day;
drop index entry_of_unit;
drop index entry_late;
drop index entry_incomplete;
create index entry_day on entry (institution_id, withdrawn, day, id, unit_id, late, incomplete);
create index entry_of_unit on entry (institution_id, unit_id, withdrawn, day, id, late, incomplete);
create index entry_late on entry (institution_id, withdrawn, day, id, unit_id, late, incomplete) where late;
create index entry_incomplete on entry (institution_id, withdrawn, day, id, unit_id, late, incomplete) where incomplete;
create index entry_entered on entry (institution_id, withdrawn, entered_at, day, id, unit_id, late, incomplete);
