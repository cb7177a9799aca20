-- 回避 over mergers (docs/adr/0036, 0038): who is tied to a party complained about sees neither that ticket nor any
-- it is worked on with, neither on its page nor in lists nor to act on. As `Actor.sees` has it with `about`.
create index ticket_accused on ticket (accused) where accused is not null;

-- Tickets in one tree with a ticket about the asker's own kin. Asked once a statement; the trees are few.
create function closed_to_me() returns setof uuid
language sql stable security definer rows 10
begin atomic
    with recursive above as (
        select t.ticket_id
        from ticket t
        where t.accused = any(mine('kin'))
            and exists (
                select from follower f where f.ticket_id = t.ticket_id or f.into_ticket = t.ticket_id
            )
        union
        select f.into_ticket from above a join follower f on f.ticket_id = a.ticket_id
    ), whole as (
        select a.ticket_id from above a
        union
        select f.ticket_id from whole w join follower f on f.into_ticket = w.ticket_id
    )
    select ticket_id from whole;
end;
revoke execute on function closed_to_me() from public;
grant execute on function closed_to_me() to chuishao_router, chuishao_router_people;

drop policy people on ticket;
create policy people on ticket to chuishao_router_people using (
    (select sees_all())
    or ticket_id = any((select in_hand())::uuid[])
    or (
        (accused is null or accused <> all((select mine('kin'))::text[]))
        and ticket_id not in (select closed_to_me())
        and (
            unit in (select unnest(mine('below')))
            or assists && (select mine('units'))::text[]
            or area ^@ any((select mine('areas'))::text[])
            or ticket_id in (select called_to())
            or (status = 'merged' and worked_on_by(ticket_id) && (select mine('units'))::text[])
        )
    )
);
