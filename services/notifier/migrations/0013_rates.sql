-- 三率 and the other rates (domain.md D8, docs/adr/0033): facts kept from events, from which every figure is counted.

-- What one ticket's facts are folded from; read and written with the ticket's own row, under its lock.
alter table ticket_view add column counted jsonb not null default '{}';

-- One row per ticket, round and unit that was responsible in it. Round 0: answered at the desk, never a ticket.
create table rate_fact (
    ticket_id uuid not null,
    round int not null,
    unit text not null,
    number text not null,
    area text not null,
    category text,
    urgency text not null,
    received_at timestamptz not null,
    begun_at timestamptz not null,
    opening boolean not null,
    dispatched boolean not null,
    lead boolean not null,
    contact_due timestamptz,
    contacted_at timestamptz,
    contact_ok boolean,
    result_due timestamptz,
    handled_at timestamptz,
    result_ok boolean,
    work_s bigint,
    held_s bigint not null,
    returned_at timestamptz,
    return_reason text,
    upheld boolean,
    ended_at timestamptz,
    ended text,
    reopened_at timestamptz,
    -- What figures are counted by, in one number, so that a year is read from its index alone.
    marks int not null generated always as (
        case when dispatched then 1 else 0 end
        + case when opening then 2 else 0 end
        + case when dispatched and returned_at is not null then 4 else 0 end
        + case when not dispatched then 0 when upheld then 8 when not upheld then 16 else 0 end
        + case when not dispatched then 0 when contact_ok then 32 when not contact_ok then 64 else 0 end
        + case when not lead then 0 when result_ok then 128 when not result_ok then 256 else 0 end
        + case ended
            when 'desk' then 512 when 'declined' then 1024 when 'withdrawn' then 2048
            when 'merged' then 4096 else 0
        end
    ) stored,
    -- The city's day.
    day date not null generated always as ((begun_at at time zone 'Asia/Shanghai')::date) stored,
    -- Whether it counts in time or late is still for the running clocks to say.
    open boolean not null generated always as (
        lead and ended is null and (handled_at is null or (dispatched and contacted_at is null))
    ) stored,
    primary key (ticket_id, round, unit)
) with (fillfactor = 80, autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_vacuum_scale_factor = 0.02);
create index rate_fact_begun on rate_fact (begun_at) include (unit, area, category, day, marks);
create index rate_fact_open on rate_fact (begun_at) where open;
create index rate_fact_handled on rate_fact (handled_at) where handled_at is not null;
create index rate_fact_number on rate_fact (number, round);

-- One row per caller and piece of work that was handed in: what the last call about it led to.
create table rate_answer (
    ticket_id uuid not null,
    round int not null,
    handed_in int not null,
    number text not null,
    unit text not null,
    area text not null,
    category text,
    follows text,
    answered_at timestamptz not null,
    handled_at timestamptz,
    outcome text not null,
    satisfied boolean,
    attempts int not null,
    final boolean not null,
    answered_by text,
    marks int not null generated always as (
        case outcome
            when 'solved' then 1 when 'not_solved' then 2 when 'no_contact_possible' then 8
            else case when final then 4 else 16 end
        end
        + case when outcome not in ('solved', 'not_solved') then 0 when satisfied then 32
            when satisfied is null then 64 else 0 end
    ) stored,
    day date not null generated always as ((answered_at at time zone 'Asia/Shanghai')::date) stored,
    primary key (ticket_id, round, handed_in)
) with (fillfactor = 80, autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_vacuum_scale_factor = 0.02);
create index rate_answer_at on rate_answer (answered_at)
    include (unit, area, category, round, follows, day, marks);

-- Whose work a caller was asked about who follows another ticket: the lead of that round, mergers followed up.
create function rate_worker(follows text, in_round int) returns text
language sql stable as $$
    with recursive line (number, n) as (
        select follows, 1
        union all
        select v.counted ->> 'follows', l.n + 1
        from line l
        join rate_fact f on f.number = l.number and f.opening
        join ticket_view v on v.ticket_id = f.ticket_id
        where v.status = 'merged' and l.n < 10
    )
    select f.unit
    from line l
    join rate_fact f on f.number = l.number and f.round = in_round and f.lead
    order by l.n desc
    limit 1
$$;

create index whistle_clock_called on whistle_clock (started_at) where kind = 'check_in';

-- Reasons for leaving a case out of a rate: data of the city, extended by rows.
create table rate_reason (
    code text primary key check (code ~ '^[a-z_]{1,32}$'),
    zh text not null,
    en text not null,
    source text not null
);
insert into rate_reason (code, zh, en, source) values
    ('out_of_power', '超出本级职权', 'Beyond the powers of this level', 'domain.md A7 row 78 (C6)'),
    ('unreasonable', '诉求明显不合理', 'Plainly unreasonable demand', 'domain.md A7 row 78 (C29)'),
    ('abuse', '恶意、骚扰性来电', 'Abusive call', 'domain.md A7 row 78 (C5)'),
    ('force_majeure', '不可抗力', 'Force majeure', 'own choice'),
    ('system_fault', '系统故障', 'Fault of a system', 'own choice');

create table rate_exclusion (
    exclusion_id uuid primary key,
    ticket_id uuid not null,
    round int not null,
    number text not null,
    area text not null,
    unit text not null,
    rates text[] not null check (cardinality(rates) > 0),
    reason text not null references rate_reason,
    note text not null,
    asked_by text not null,
    asked_at timestamptz not null,
    state text not null default 'asked' check (state in ('asked', 'approved', 'refused')),
    reviewed_by text,
    reviewed_at timestamptz,
    review_note text,
    check ((state = 'asked') = (reviewed_by is null)),
    check (reviewed_by is distinct from asked_by)
);
create unique index rate_exclusion_open on rate_exclusion (ticket_id, round, rates) where state <> 'refused';
create index rate_exclusion_approved on rate_exclusion (ticket_id, round) where state = 'approved';

create table rate_campaign (
    campaign_id uuid primary key,
    name text not null,
    area text not null,
    starts_on date not null,
    ends_on date not null,
    categories text[] not null,
    made_by text not null,
    made_at timestamptz not null,
    check (starts_on <= ends_on)
);
