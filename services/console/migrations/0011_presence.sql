-- Who has a ticket open now, told again every few seconds and forgotten soon after the last word (docs/adr/0051).
-- Unlogged: what a crash of the server loses is told again before anybody misses it.
create unlogged table presence (
    ticket_id uuid not null,
    person text not null,
    tab smallint not null check (tab between 0 and 15),
    unit text,
    role text,
    apart boolean not null,
    doing text,
    seen_at timestamptz not null,
    primary key (ticket_id, person, tab),
    check (num_nonnulls(unit, role) = 1)
);
create index presence_seen on presence (seen_at);

alter table presence enable row level security, force row level security;
create policy worker on presence to chuishao_console using (true);
do $$
begin
    execute format('create policy owner on presence to %I using (true)', current_user);
end
$$;
