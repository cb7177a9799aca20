-- What walls show: how they were told to look, and how the sums stood, for trends and for yesterday (docs/adr/0050).

-- The picture all walls show until the control page sends another one.
create table hall_picture (
    one boolean primary key default true check (one),
    body jsonb not null,
    sent_at timestamptz not null
);

-- Sums of an area that has a wall, every quarter of an hour for a day, then every hour for eight days.
create table wall_sample (
    at timestamptz not null,
    area text not null collate "C",
    counts jsonb not null,
    primary key (area, at)
);
create index wall_sample_by_time on wall_sample (at);
