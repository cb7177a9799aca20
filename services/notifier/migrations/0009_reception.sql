-- 书记接待: sessions, what is heard at them, what is decided, and the clocks of decisions (domain.md D7).
-- A matter is closed when it is done or withdrawn; until then exactly one lies open for a ticket.
alter table reception_item
    add column state text not null default 'queued' check (state in (
        'queued', 'scheduled', 'heard', 'decided', 'done', 'withdrawn'
    )),
    add column carried int not null default 0,
    add column session_id uuid;
update reception_item set state = 'withdrawn' where closed_at is not null;
alter table reception_item add constraint reception_item_closed
    check ((closed_at is null) = (state not in ('done', 'withdrawn')));

create table reception_session (
    session_id uuid primary key,
    org text not null,
    level text not null check (level in ('community', 'subdistrict', 'district')),
    kind text not null check (kind in ('secretary_reception_day', 'resident_reception_day')),
    starts_at timestamptz not null,
    place text not null,
    chair text not null,
    participants jsonb not null,
    cap int not null check (cap between 1 and 15),
    state text not null check (state in ('planned', 'open', 'closed')),
    version int not null,
    created_by text not null,
    created_at timestamptz not null,
    opened_at timestamptz,
    closed_at timestamptz,
    minutes text,
    check ((closed_at is null) = (state <> 'closed'))
);
create index reception_session_calendar on reception_session (org, starts_at);
create index reception_session_all on reception_session (starts_at);

-- The agenda. A line without outcome whose item is of another session by now fell off it.
create table reception_hearing (
    session_id uuid not null references reception_session,
    item_id uuid not null references reception_item,
    position int not null,
    form text check (form in ('report', 'site_visit', 'forum')),
    note text,
    present jsonb not null default '[]',
    heard_at timestamptz,
    heard_by text,
    outcome text check (outcome in ('decided', 'carried_over', 'taken_off')),
    reason text,
    primary key (session_id, item_id)
);
create index reception_hearing_item on reception_hearing (item_id);

create table reception_decision (
    decision_id uuid primary key,
    session_id uuid not null references reception_session,
    item_id uuid not null references reception_item,
    ticket_id uuid not null,
    number text not null,
    round int not null,
    area text not null,
    level text not null,
    org text not null,
    kind text not null check (kind in (
        'assign', 'whistle', 'money_or_materials', 'send_upward', 'deliberate', 'explain'
    )),
    owner text not null,
    post text,
    confirmer text not null,
    text text not null,
    whistle_id uuid,
    state text not null check (state in ('open', 'reported', 'done', 'superseded')),
    version int not null,
    decided_by text not null,
    decided_at timestamptz not null,
    report text,
    reported_by text,
    reported_at timestamptz,
    refusals jsonb not null default '[]',
    confirmed_by text,
    confirmed_at timestamptz,
    check (state <> 'reported' or reported_at is not null)
);
create index reception_decision_session on reception_decision (session_id);
create index reception_decision_item on reception_decision (item_id);
create index reception_decision_ticket on reception_decision (ticket_id);
create index reception_decision_owner on reception_decision (owner, decision_id);
create index reception_decision_org on reception_decision (org, decision_id);

-- As table `whistle_clock`: steps own start and stop, the tick owns the alarms; next_at follows from both.
-- lapse_at: when the matter goes back on a table, one level higher; null where nothing lapses.
create table decision_clock (
    clock_id uuid primary key,
    decision_id uuid not null references reception_decision,
    kind text not null check (kind in ('decision', 'confirmation')),
    unit text not null,
    started_at timestamptz not null,
    near_at timestamptz not null,
    due_at timestamptz not null,
    lapse_at timestamptz check (lapse_at >= due_at),
    trace jsonb not null,
    sentence text not null,
    stopped_at timestamptz,
    stopped_by text,
    warned_at timestamptz,
    breached_at timestamptz,
    lapsed_at timestamptz,
    told jsonb not null default '[]',
    next_at timestamptz generated always as (
        case
            when stopped_at is not null then null
            when warned_at is null and breached_at is null then least(near_at, due_at)
            when breached_at is null then due_at
            when lapsed_at is null then lapse_at
        end
    ) stored,
    check ((stopped_at is null) = (stopped_by is null))
) with (fillfactor = 85);
create unique index decision_clock_running on decision_clock (decision_id, kind) where stopped_at is null;
create index decision_clock_alarm on decision_clock (next_at) where next_at is not null;
create index decision_clock_decision on decision_clock (decision_id);

-- The same key gets the same answer.
create table reception_command (
    person text not null,
    key text not null,
    body_hash bytea not null,
    reply jsonb not null,
    at timestamptz not null,
    primary key (person, key)
);
