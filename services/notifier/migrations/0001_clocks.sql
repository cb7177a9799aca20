-- Clocks, ladders, raised rungs and the secretary's queue. Times are business time (business_now()).

-- What the notifier knows of a ticket. Version 0: its complaint is known, its first event not yet.
-- Whoever inserts the row first, complaint or ticket event, lets the other one wait for the commit.
create table ticket_view (
    ticket_id uuid primary key,
    number text not null,
    version int not null,
    round int not null,
    status text not null,
    unit text not null,
    area text not null,
    urgency text not null,
    profile text not null,
    received_at timestamptz not null,
    holders jsonb not null default '[]'
) with (fillfactor = 75);

-- One row per started clock. Handlers own start, due time and stop; the tick owns warned_at and
-- breached_at; next_at follows from both, so neither can undo what the other did.
create table clock (
    ticket_id uuid not null,
    round int not null,
    kind text not null check (kind in (
        'resident', 'dispatch', 'sign_for', 'contact', 'result', 'return_answer', 'ruling',
        'hold_review', 'callback', 'check_in', 'decision'
    )),
    started_at timestamptz not null,
    clock_id uuid not null,
    unit text not null,
    near_at timestamptz not null,
    due_at timestamptz not null,
    trace jsonb not null,
    sentence text not null,
    earlier_due timestamptz[] not null default '{}',
    paused_at timestamptz,
    stopped_at timestamptz,
    stopped_by text,
    warned_at timestamptz,
    breached_at timestamptz,
    state text generated always as (
        case
            when stopped_at is not null then 'stopped'
            when paused_at is not null then 'paused'
            else 'running'
        end
    ) stored,
    next_at timestamptz generated always as (
        case
            when stopped_at is not null or paused_at is not null or breached_at is not null then null
            when warned_at is null then least(near_at, due_at)
            else due_at
        end
    ) stored,
    primary key (ticket_id, round, kind, started_at),
    check ((stopped_at is null) = (stopped_by is null)),
    check (stopped_at is null or paused_at is null)
) with (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
create unique index clock_running on clock (ticket_id, round, kind) where stopped_at is null;
create index clock_alarm on clock (next_at) where next_at is not null;

-- One row per ticket and round: the rungs still to come, as planned when their clock started.
create table ladder (
    ticket_id uuid not null,
    round int not null,
    rungs jsonb not null,
    raised jsonb not null default '[]',
    next_due_at timestamptz,
    stopped_at timestamptz,
    primary key (ticket_id, round),
    check (stopped_at is null or next_due_at is null)
) with (fillfactor = 75, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
create index ladder_due on ladder (next_due_at) where next_due_at is not null;

-- What was raised: once per ticket, round and level.
create table escalation (
    escalation_id uuid primary key,
    ticket_id uuid not null,
    number text not null,
    round int not null,
    level int not null check (level between 1 and 5),
    clock text not null,
    reason text not null,
    unit text not null,
    area text not null,
    urgency text not null,
    recipients jsonb not null,
    vacant jsonb not null default '[]',
    due_at timestamptz not null,
    raised_at timestamptz not null,
    cleared_at timestamptz,
    unique (ticket_id, round, level)
);
create index escalation_by_unit on escalation (unit, escalation_id);
create index escalation_by_area on escalation (area text_pattern_ops);

-- A secretary's queue: one open item per ticket.
create table reception_item (
    item_id uuid primary key,
    ticket_id uuid not null,
    number text not null,
    round int not null,
    level text not null check (level in ('community', 'subdistrict', 'district')),
    org text not null,
    rule text not null check (rule in (
        'overdue_l4', 'reopened_2', 'returned_2', 'ruling_late', 'whistle_no_show', 'hold_expired',
        'hot_issue', 'repeat_3', 'legacy', 'manual'
    )),
    requesters int not null,
    care int not null,
    unit text not null,
    area text not null,
    received_at timestamptz not null,
    queued_at timestamptz not null,
    closed_at timestamptz
);
create unique index reception_item_open on reception_item (ticket_id) where closed_at is null;
create index reception_item_queue on reception_item (org, queued_at) where closed_at is null;
