-- What a unit owes about a person is not that person's own, and an import of people says which duties followed it.

-- step: tables

-- Whether a duty of a person under it is owed by a unit about them; else they owe it themselves.
alter table obligation add column about boolean not null default false;

-- The duties that ended and were made with the import, JSON: what taking it back needs.
alter table person_batch add column duties text not null default '{}';
