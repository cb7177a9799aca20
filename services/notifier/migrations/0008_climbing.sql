-- Acknowledging stops repeats, not the climb; a rung keeps the rules it was planned with (domain.md D5).
alter table escalation
    add column policy int,
    add column phone boolean not null default false,
    add column repeat_s int not null default 0,
    add column repeat_max int not null default 0,
    add column repeats int not null default 0,
    add column repeat_at timestamptz,
    add column acknowledged_at timestamptz,
    add column acknowledged_by text,
    add constraint acknowledged_by_somebody check ((acknowledged_at is null) = (acknowledged_by is null)),
    add constraint repeated_within_bounds check (repeats between 0 and repeat_max),
    add constraint acknowledged_is_quiet check (acknowledged_at is null or repeat_at is null);
create index escalation_repeat on escalation (repeat_at) where repeat_at is not null;

-- The watchdog walks over the open tickets slice by slice; one replica at a time holds its row.
create index ticket_view_open on ticket_view (ticket_id)
    where status not in ('closed', 'declined', 'merged', 'withdrawn');
create table watch (
    only_row boolean primary key default true check (only_row),
    after_id uuid not null default '00000000-0000-0000-0000-000000000000',
    lap_began_at timestamptz,
    next_at timestamptz not null default '-infinity',
    looked_at bigint not null default 0
);
insert into watch default values;

-- Open tickets that nothing will happen to: no alarm to come, no rung, no table they lie on.
create table quiet_ticket (
    ticket_id uuid primary key,
    number text not null,
    status text not null,
    unit text not null,
    area text not null,
    found_at timestamptz not null
);
