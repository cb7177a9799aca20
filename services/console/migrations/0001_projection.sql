-- What the console knows: facts as they were told, rows made of them, and the frames that tell of rows (docs/adr/0047).

-- One document for each ticket, whistle without ticket, or legacy matter: everything that events said of it.
create table told (
    ticket_id uuid primary key,
    facts jsonb not null,
    number text generated always as (facts -> 't' ->> 'number') stored,
    last_into text generated always as (facts -> 'm' ->> 'into') stored
);
create index told_by_number on told (number);
create index told_by_last_into on told (last_into) where last_into is not null;

-- What the projector has not looked at yet.
create table untold (
    position bigint generated always as identity primary key,
    ticket_id uuid not null,
    said text[] not null
);

-- Things said of no ticket: a new directory, what a wall is to show.
create table notice (
    position bigint generated always as identity primary key,
    topic text not null,
    body jsonb not null
);

-- Rows as they were shown last. `topics` are those that show it, `kept_from` the parties complained about in it.
create table shown (
    kind text not null,
    id text not null,
    ticket_id uuid not null,
    topics text[] not null,
    kept_from text[] not null,
    body jsonb not null,
    words jsonb,
    counted jsonb not null,
    ended_at timestamptz,
    primary key (kind, id)
);
create index shown_by_ticket on shown (ticket_id);
create index shown_open_by_topic on shown using gin (topics) where ended_at is null;
create index shown_ended on shown (ended_at) where ended_at is not null;

-- Sums over open tickets, by area and name: moved by each change, never counted anew.
create table tally (
    area text not null collate "C",
    name text not null,
    n bigint not null,
    primary key (area, name)
);

-- The numbered changes, encoded once. A chain is a topic, or what of it is kept from somebody.
create table frame (
    seq bigint primary key,
    topic text not null,
    chain text not null,
    prev bigint not null,
    body bytea not null,
    made_at timestamptz not null
);
create index frame_by_topic on frame (topic, seq);
create table chain (
    chain text primary key,
    seq bigint not null
);
create table stream (
    one boolean primary key default true check (one),
    seq bigint not null default 0,
    floor bigint not null default 0,
    rebuilding text not null default '' check (rebuilding in ('', 'facts', 'rows')),
    check (floor <= seq)
);
insert into stream default values;

-- No role but the console's worker (and the owner) reads any of it, as with every table about tickets (kit/row_security.py).
do $$
declare
    one text;
begin
    foreach one in array array['told', 'untold', 'shown', 'frame'] loop
        execute format('alter table %I enable row level security, force row level security', one);
        execute format('create policy worker on %I to chuishao_console using (true)', one);
        execute format('create policy owner on %I to %I using (true)', one, current_user);
    end loop;
end
$$;
