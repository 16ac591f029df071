-- A review is saved whole with every step of the clerk (some 70 KB for twenty items, a tenth of that packed).

-- step: tables

-- The review, deflated. Then review is empty; it is not in revisions from before.
alter table plan_revision add column packed {{bytes}};

-- step: distribute

-- step: keys
