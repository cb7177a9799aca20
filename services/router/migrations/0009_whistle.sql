-- 吹哨报到: whistles, one row per called department, an append-only history, and due times as the notifier
-- said them. Times are business time.
create table whistle (
    whistle_id uuid primary key,
    kind text not null check (kind in (
        'resident_request', 'key_task', 'joint_enforcement', 'emergency'
    )),
    status text not null check (status in (
        'blown', 'issued', 'refused', 'resolved', 'rated', 'closed', 'cancelled'
    )),
    version int not null,
    blower text not null,
    person text not null,
    office text not null,
    area text not null,
    ticket_id uuid references ticket,
    number text,
    round int,
    confidential boolean not null,
    reason text not null,
    text text not null,
    place text,
    meet_at timestamptz,
    blown_at timestamptz not null,
    changed_at timestamptz not null,
    signer text,
    issued_at timestamptz,
    resolved_at timestamptz,
    closed_at timestamptz,
    outcome text,
    check ((ticket_id is null) = (number is null)),
    check (kind <> 'resident_request' or ticket_id is not null),
    check ((status in ('refused', 'cancelled', 'closed')) = (closed_at is not null))
) with (fillfactor = 85);
create index whistle_ticket on whistle (ticket_id) where ticket_id is not null;
create index whistle_blower on whistle (blower, whistle_id);
create index whistle_office on whistle (office, whistle_id);
create index whistle_blown on whistle (blown_at);
create index whistle_issued on whistle (issued_at) where issued_at is not null;

create table whistle_call (
    whistle_id uuid not null references whistle,
    unit text not null,
    required boolean not null,
    state text not null check (state in (
        'pending', 'seen', 'checked_in', 'on_site', 'done', 'declined', 'no_show', 'excused'
    )),
    late boolean not null,
    person text,
    seen_at timestamptz,
    checked_in_at timestamptz,
    arrived_at timestamptz,
    done_at timestamptz,
    declined_at timestamptz,
    no_show_at timestamptz,
    excused_at timestamptz,
    point jsonb,
    proof text[] not null,
    result text,
    reason text,
    speed int check (speed between 1 and 5),
    quality int check (quality between 1 and 5),
    note text,
    rated_at timestamptz,
    primary key (whistle_id, unit),
    check ((rated_at is null) = (speed is null) and (rated_at is null) = (quality is null))
) with (fillfactor = 75);
create index whistle_call_unit on whistle_call (unit, whistle_id);

create table whistle_event (
    whistle_id uuid not null,
    version int not null,
    event text not null,
    status text not null,
    unit text not null,
    state text,
    actor text not null,
    reason text,
    cause text,
    detail jsonb not null,
    at timestamptz not null,
    primary key (whistle_id, version)
);

-- A projection of clock events: one clock per whistle, kind and unit.
create table whistle_clock (
    whistle_id uuid not null,
    kind text not null,
    unit text not null,
    state text not null,
    due_at timestamptz not null,
    sentence text not null,
    said_at timestamptz not null,
    primary key (whistle_id, kind, unit)
);
