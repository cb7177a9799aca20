-- A changed calendar is taken to the open clocks in a run (docs/adr/0027): which calendars, and how far it came.
create table calendar_run (
    run_id uuid primary key,
    version int not null,
    digests jsonb not null,
    begun_at timestamptz not null,
    tickets_done_to uuid not null default '00000000-0000-0000-0000-000000000000',
    whistles_done_to uuid not null default '00000000-0000-0000-0000-000000000000',
    tickets_done boolean not null default false,
    moved int not null default 0,
    same int not null default 0,
    kept int not null default 0,
    done_at timestamptz
);
-- One at a time; a newer version takes over the one under way and begins from the start.
create unique index calendar_run_open on calendar_run ((true)) where done_at is null;

alter table whistle_clock add column earlier_due timestamptz[] not null default '{}';
create index whistle_clock_open on whistle_clock (whistle_id) where stopped_at is null;
