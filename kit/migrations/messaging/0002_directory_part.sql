-- A service's own copy of the directory parts it needs (kit/parts.py).
create table directory_part (
    part text primary key,
    version int not null,
    digest text not null,
    body jsonb not null,
    fetched_at timestamptz not null default now()
);
