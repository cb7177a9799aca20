-- The last day of the walls, to be shown again: how every area stood, and since when walls show it (docs/adr/0050).

alter table hall_picture add column replay jsonb;

-- Sums of every area in which something was open, every quarter of an hour for a day; of walls by category, too.
create table wall_moment (
    at timestamptz not null,
    area text not null collate "C",
    counts jsonb not null,
    primary key (area, at)
);
create index wall_moment_by_time on wall_moment (at);
