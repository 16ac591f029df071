-- What somebody asks and another decides: waivers, extensions, corrections, accounts, in one shape and one table. What the
-- four tables before it held moves here.

-- step: tables

create table request (
    institution_id {{uuid}} not null,
    id {{uuid}} not null,
    -- waiver, extension, correction, account
    kind text not null,
    -- What it is about: a duty, or a person and, for an account, the unit over which it shall have its role.
    duty_id {{uuid}},
    person_id {{uuid}},
    unit_id {{uuid}},
    -- What is asked beyond that, JSON: the later day, the role.
    body text not null,
    -- Why. Of a correction it is sealed instead, for it may name a number.
    reason text not null,
    sealed_key bigint not null,
    sealed_by text not null,
    sealed {{bytes}} not null,
    asked_by {{uuid}} not null,
    asked_at bigint not null,
    -- approved, refused, withdrawn; none while it waits.
    decision text,
    -- Not known of what was decided before this table.
    decided_by {{uuid}},
    decided_on date,
    decided_at bigint,
    remark text not null,
    primary key (institution_id, id)
    foreign key request_duty (institution_id, duty_id) references duty (institution_id, id)
    foreign key request_person (institution_id, person_id) references person (institution_id, id)
    foreign key request_unit (institution_id, unit_id) references unit (institution_id, id)
);

-- step: distribute

select create_distributed_table('request', 'institution_id', colocate_with => 'institution');

-- step: keys

create index request_of_duty on request (institution_id, duty_id) where duty_id is not null;
create index request_of_person on request (institution_id, person_id) where person_id is not null;
create index request_waiting on request (institution_id, kind, asked_at) where decision is null;

insert into request (institution_id, id, kind, duty_id, body, reason, sealed_key, sealed_by, sealed, asked_by, asked_at, decision, decided_by, decided_on, decided_at, remark)
select institution_id, id, 'waiver', duty_id, '{}', reason, 0, '', {{none}}, asked_by, asked_at, case when approved then 'approved' when not approved then 'refused' end, decided_by, decided_on, decided_at, remark from waiver;

insert into request (institution_id, id, kind, duty_id, body, reason, sealed_key, sealed_by, sealed, asked_by, asked_at, decision, decided_by, decided_on, decided_at, remark)
select institution_id, id, 'extension', duty_id, '{"due":"' || cast(due as text) || '"}', reason, 0, '', {{none}}, asked_by, asked_at, case when approved then 'approved' when not approved then 'refused' end, decided_by, decided_on, decided_at, remark from extension;

insert into request (institution_id, id, kind, person_id, body, reason, sealed_key, sealed_by, sealed, asked_by, asked_at, decision, decided_by, decided_on, decided_at, remark)
select institution_id, id, 'correction', person_id, '{}', '', sealed_key, sealed_by, sealed, asked_by, asked_at, case state when 'done' then 'approved' when 'refused' then 'refused' end, decided_by, {{day decided_at}}, decided_at, remark from correction;

insert into request (institution_id, id, kind, person_id, unit_id, body, reason, sealed_key, sealed_by, sealed, asked_by, asked_at, decision, decided_on, decided_at, remark)
select institution_id, id, 'account', person_id, unit_id, '{"role":"' || role || '"}', '', 0, '', {{none}}, asked_by, asked_at, case when granted_at is not null then 'approved' when dropped_at is not null then 'withdrawn' end, {{day coalesce(granted_at, dropped_at)}}, coalesce(granted_at, dropped_at), '' from account_request;

drop table waiver;
drop table extension;
drop table correction;
drop table account_request;
