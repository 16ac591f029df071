-- The Book: what is owed in a year from every source. A duty knows its obligation and its year; what the obligation hangs
-- on is the obligation's own affair.

-- step: tables

-- A standing rule that runs in a year by itself: its obligation hangs on this.
create table routine (
    institution_id {{uuid}} not null,
    id {{uuid}} not null,
    year bigint not null,
    rule text not null,
    -- Day from which its duties are known.
    made date not null,
    at bigint not null,
    account_id {{uuid}},
    address text not null,
    primary key (institution_id, id)
);

-- The unit that issues the plan; none for the institution's own.
alter table plan add column issuer_id {{uuid}};

alter table duty add column year bigint not null default 0;
update duty set year = p.year from plan p where p.institution_id = duty.institution_id and p.id = duty.plan_id;
alter table duty drop column plan_id;

-- step: tables on sqlite

-- A column that may be empty from now on cannot be had there but in a new table.
pragma defer_foreign_keys = on;
create temporary table obligation_before as select * from obligation;
drop table obligation;
create table obligation (
    institution_id {{uuid}} not null,
    id {{uuid}} not null,
    year bigint not null,
    -- What it hangs on: one of these.
    plan_id {{uuid}},
    routine_id {{uuid}},
    -- Revision of the plan that it was published with.
    revision bigint,
    key text not null,
    ledger text,
    body text not null,
    -- Day from which it is no longer asked.
    ended date,
    ended_revision bigint,
    primary key (institution_id, id)
    foreign key obligation_publication (institution_id, plan_id, revision) references publication (institution_id, plan_id, revision)
    foreign key obligation_routine (institution_id, routine_id) references routine (institution_id, id)
);
insert into obligation (institution_id, id, year, plan_id, revision, key, ledger, body, ended, ended_revision)
    select o.institution_id, o.id, p.year, o.plan_id, o.revision, o.key, o.ledger, o.body, o.ended, o.ended_revision
    from obligation_before o join plan p on p.institution_id = o.institution_id and p.id = o.plan_id;
drop table obligation_before;

-- step: tables on postgres

alter table obligation add column year bigint;
update obligation set year = p.year from plan p where p.institution_id = obligation.institution_id and p.id = obligation.plan_id;
alter table obligation alter column year set not null;
alter table obligation alter column plan_id drop not null;
alter table obligation alter column revision drop not null;
alter table obligation add column routine_id uuid;

-- step: tables

-- That another obligation asks for a duty too, or that the one for which it was made has ceased to.
create table duty_also (
    institution_id {{uuid}} not null,
    duty_id {{uuid}} not null,
    obligation_id {{uuid}} not null,
    since date not null,
    until date,
    primary key (institution_id, duty_id, obligation_id)
    foreign key duty_also_duty (institution_id, duty_id) references duty (institution_id, id)
    foreign key duty_also_obligation (institution_id, obligation_id) references obligation (institution_id, id)
){{clustered}};

-- step: distribute

select create_distributed_table('routine', 'institution_id', colocate_with => 'institution');
select create_distributed_table('duty_also', 'institution_id', colocate_with => 'institution');

-- step: keys on sqlite

create index obligation_of_plan on obligation (institution_id, plan_id);

-- step: keys on postgres

alter table obligation add constraint obligation_routine foreign key (institution_id, routine_id) references routine (institution_id, id);

-- step: keys

create unique index routine_rule on routine (institution_id, year, rule);
create index obligation_of_year on obligation (institution_id, year);
create index obligation_of_routine on obligation (institution_id, routine_id);
create index duty_also_of_obligation on duty_also (institution_id, obligation_id);
drop index duty_changed;
create index duty_changed on duty (institution_id, year, changed, id);
