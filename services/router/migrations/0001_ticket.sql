-- Tickets, their append-only history, receipts, and what other services said about them.
create table ticket (
    ticket_id uuid primary key,
    number text not null unique,
    status text not null,
    unit text not null,
    post text,
    assists text[] not null,
    area text,
    category text,
    urgency text not null,
    profile text not null,
    round int not null,
    version int not null,
    escalation_level int not null default 0,
    channel text not null,
    kind text not null,
    title text,
    body text not null,
    address text,
    accused text,
    confidential boolean not null,
    rule_version int not null,
    receipt_id uuid not null,
    received_at timestamptz not null,
    dispatched_at timestamptz,
    changed_at timestamptz not null,
    check (status in (
        'received', 'triage', 'dispatched', 'accepted', 'in_progress', 'returned', 'arbitration',
        'on_hold', 'handled', 'callback', 'closed', 'declined', 'merged', 'withdrawn'
    ))
) with (fillfactor = 85);
alter table ticket alter column body set storage external;
create index ticket_unit on ticket (unit, ticket_id);
create index ticket_open on ticket (status)
where status not in ('closed', 'declined', 'merged', 'withdrawn');

create table receipt (
    receipt_id uuid primary key,
    ticket_id uuid not null,
    body text not null
);
alter table receipt alter column body set storage external;
create index receipt_ticket on receipt (ticket_id);

create table ticket_event (
    ticket_id uuid not null,
    version int not null,
    event text not null,
    status text not null,
    unit text not null,
    round int not null,
    actor text not null,
    reason text,
    cause text,
    detail jsonb not null default '{}',
    at timestamptz not null,
    primary key (ticket_id, version)
);

-- Due times as the notifier computed them: a projection of clock events.
create table ticket_clock (
    ticket_id uuid not null,
    round int not null,
    kind text not null,
    clock_id uuid not null,
    state text not null,
    unit text not null,
    due_at timestamptz not null,
    sentence text not null,
    said_at timestamptz not null,
    primary key (ticket_id, round, kind)
);

-- The same command id gives the same answer.
create table command (
    command_id text not null,
    unit text not null,
    body_hash bytea not null,
    reply jsonb not null,
    at timestamptz not null,
    primary key (unit, command_id)
);

create table directory_version (
    version int primary key,
    digest text not null,
    published_by text not null,
    effective_from timestamptz not null,
    published_at timestamptz not null
);
create table directory_body (
    version int not null references directory_version,
    part text not null,
    digest text not null,
    body text not null,
    primary key (version, part)
);
