-- Notices (domain.md E5): what people are told about, and a row for every recipient and channel.

-- What happened, once for each event; taken when its recipients were found.
create table occasion (
    occasion_id uuid primary key,
    cause text not null check (cause in (
        'dispatched', 'assisted', 'reopened', 'urged', 'supervised', 'near_due', 'breached', 'raised',
        'called', 'no_show', 'queued', 'scheduled', 'decided'
    )),
    unit text not null,
    area text not null,
    at timestamptz not null,
    ticket_id uuid,
    whistle_id uuid,
    number text not null,
    round int not null,
    urgency text,
    category text,
    clock text,
    level int,
    post text,
    recipients text[] not null,
    due_at timestamptz,
    muted_by uuid,
    org text,
    standing boolean not null,
    repeated int not null,
    taken_at timestamptz,
    outcome text check (outcome in (
        'told', 'muted', 'by_nats', 'nobody', 'unreachable', 'no_channels', 'pointless'
    )),
    check ((taken_at is null) = (outcome is null))
);
create index occasion_waiting on occasion (at) where taken_at is null;
create index occasion_ticket on occasion (ticket_id, at) where ticket_id is not null;

-- One row per person and channel. `next_at` is the database's clock, for it paces tries: null while its time
-- (`not_before`, business time) has not come, and when nothing is left to do. A row without occasion tells
-- of several, those that are `joined_to` it.
create table notice (
    notice_id uuid primary key,
    occasion_id uuid references occasion,
    cause text not null,
    ticket_id uuid,
    number text not null,
    unit text not null,
    area text not null,
    urgency text not null,
    level int,
    post text not null,
    person text not null,
    channel text not null,
    bundle text not null,
    waits_for text check (waits_for in ('quiet', 'digest', 'budget')),
    state text not null default 'planned' check (state in (
        'planned', 'sent', 'failed', 'dead', 'dropped', 'digested'
    )),
    planned_at timestamptz not null,
    not_before timestamptz not null,
    next_at timestamptz,
    attempts int not null default 0,
    last_error text,
    dropped_why text,
    sent_at timestamptz,
    joined_to uuid references notice,
    instead_of uuid references notice,
    unique (occasion_id, person, channel),
    check ((state = 'sent') = (sent_at is not null)),
    check ((state = 'digested') = (joined_to is not null)),
    check ((state = 'dropped') = (dropped_why is not null)),
    check (next_at is null or state in ('planned', 'failed')),
    check (next_at is not null or state <> 'failed')
) with (fillfactor = 80);
create index notice_due on notice (not_before) where state = 'planned' and next_at is null;
create index notice_bundle on notice (person, channel, bundle) where state = 'planned' and next_at is null;
create index notice_send on notice (next_at) where next_at is not null;
create index notice_joined on notice (joined_to) where joined_to is not null;
create index notice_ticket on notice (ticket_id, notice_id) where ticket_id is not null;
create index notice_person on notice (person, notice_id);
create index notice_dead on notice (notice_id) where state = 'dead';

-- What is left of a person's day (domain.md F8).
create table notice_budget (
    person text primary key,
    tokens float8 not null,
    at timestamptz not null
);

-- How far our own events were read; whoever holds the row plans, for all replicas. What was said before
-- there were notices tells nobody any more.
create table notice_read (
    only_row boolean primary key default true check (only_row),
    tx text not null,
    position bigint not null
);
insert into notice_read (tx, position) values (pg_snapshot_xmin(pg_current_snapshot())::text, 0);
