-- In which fields a record names somebody, so that nobody is found by a field that whoever asks may not read. Until
-- then it was as if all stood among those who came; what the records say is noted by src/entries.rs.

-- step: tables

alter table entry_person add column fields text not null default '|people|';
