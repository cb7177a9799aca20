-- How matters come to a secretary's table, what they weigh there, and the ledger of legacy problems.

-- What the entry rules count about a ticket beside its clocks (services/notifier/reception/entry.py).
create table matter (
    ticket_id uuid primary key,
    category text,
    round int not null default 1,
    returns int not null default 0,
    followers int not null default 0,
    repeats int not null default 0
) with (fillfactor = 85);

-- Score: days open are counted in days of the city's calendar, so they grow for all matters at the same
-- midnight and the order never depends on the time: `rank` is the score on day 0 (1970-01-01).
alter table reception_item
    add column points int not null default 0,
    add column issue_id uuid,
    add column category text,
    add column care_kind text check (care_kind in ('child_in_difficulty', 'living_alone', 'special_need')),
    add column care_by text;
update reception_item
set points = case rule
    when 'overdue_l4' then 40 when 'reopened_2' then 35 when 'hold_expired' then 25
    when 'hot_issue' then 45 when 'repeat_3' then 35 when 'legacy' then 20 else 30
end;
alter table reception_item
    alter column points drop default,
    add column rank int not null generated always as (
        points + requesters + care
            - ((received_at at time zone 'Asia/Shanghai')::date - date '1970-01-01')
    ) stored;
drop index reception_item_queue;
create index reception_item_queue on reception_item (org, rank desc, item_id desc)
    where closed_at is null;
create index reception_item_all on reception_item (rank desc, item_id desc) where closed_at is null;
create index reception_item_issue on reception_item (issue_id) where issue_id is not null;
create index reception_item_place on reception_item (category, area) where category is not null;

-- Which rule put it there when: each once per ticket, round, rule and cause.
create table reception_entry (
    ticket_id uuid not null,
    round int not null,
    rule text not null check (rule in (
        'overdue_l4', 'reopened_2', 'returned_2', 'ruling_late', 'whistle_no_show', 'hold_expired',
        'hot_issue', 'repeat_3', 'legacy', 'manual'
    )),
    cause text not null,
    at timestamptz not null,
    queued_by text not null,
    reason text,
    item_id uuid,
    withdrawn_at timestamptz,
    withdrawn_reason text,
    primary key (ticket_id, round, rule, cause),
    check ((withdrawn_at is null) = (withdrawn_reason is null))
);
create index reception_entry_item on reception_entry (item_id);
insert into reception_entry (ticket_id, round, rule, cause, at, queued_by, item_id)
select i.ticket_id, i.round, i.rule, '', i.queued_at, 'system:notifier', i.item_id
from reception_item i
on conflict do nothing;

-- 历史遗留问题: two paths, a review date, and never an end without words.
create table legacy_matter (
    legacy_id uuid primary key,
    ticket_id uuid not null,
    number text not null,
    area text not null,
    org text not null,
    level text not null check (level in ('community', 'subdistrict', 'district')),
    path text not null check (path in ('resolvable', 'blocked')),
    way text not null check (way in ('local', 'upward')),
    version int not null default 1,
    opened_by text not null,
    opened_at timestamptz not null,
    review_at timestamptz not null,
    asked_at timestamptz,
    ended_at timestamptz,
    outcome text check (outcome in ('solved', 'explained')),
    check ((ended_at is null) = (outcome is null))
);
create unique index legacy_matter_open on legacy_matter (ticket_id) where ended_at is null;
create index legacy_matter_ledger on legacy_matter (org, review_at, legacy_id);
create index legacy_matter_due on legacy_matter (review_at) where ended_at is null and asked_at is null;
-- What was found at the beginning and at each review; only ever added to.
create table legacy_review (
    legacy_id uuid not null references legacy_matter,
    version int not null,
    at timestamptz not null,
    actor text not null,
    path text not null,
    way text not null,
    plan text,
    cause text,
    steps text,
    explanation text,
    review_at timestamptz,
    outcome text,
    primary key (legacy_id, version)
);
-- Tickets are named by number where people ask for them.
create index ticket_view_number on ticket_view (number);
