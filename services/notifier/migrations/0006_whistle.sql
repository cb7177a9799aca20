-- 吹哨报到: what is known of a whistle, and its clocks: one per whistle, kind and unit, with or without a ticket.
create table whistle_view (
    whistle_id uuid primary key,
    version int not null,
    ticket_id uuid,
    number text,
    round int not null,
    kind text not null,
    blower text not null,
    area text not null
) with (fillfactor = 75);
create index whistle_view_ticket on whistle_view (ticket_id) where ticket_id is not null;

-- As table `clock`: events own start and stop, the tick owns warned_at and breached_at; next_at follows.
create table whistle_clock (
    clock_id uuid primary key,
    whistle_id uuid not null references whistle_view,
    kind text not null check (kind in ('check_in', 'sign_off', 'resolve', 'rating')),
    unit text not null,
    started_at timestamptz not null,
    near_at timestamptz not null,
    due_at timestamptz not null,
    trace jsonb not null,
    sentence text not null,
    stopped_at timestamptz,
    stopped_by text,
    warned_at timestamptz,
    breached_at timestamptz,
    next_at timestamptz generated always as (
        case
            when stopped_at is not null or breached_at is not null then null
            when warned_at is null then least(near_at, due_at)
            else due_at
        end
    ) stored,
    unique (whistle_id, kind, unit),
    check ((stopped_at is null) = (stopped_by is null))
) with (fillfactor = 85);
create index whistle_clock_alarm on whistle_clock (next_at) where next_at is not null;
create index whistle_clock_running on whistle_clock (kind) where stopped_at is null;
