-- Row-level security (docs/adr/0036). People's requests run as chuishao_router_people, whose policies read what
-- the transaction was told of who asks (kit/sight.py): nothing told, nothing seen. That it is on and forced, and
-- the policy of the worker, chuishao_router, is kit/row_security.py's doing, for later tables, too.

-- What this transaction was told: `units` of the person, `below` all units the person answers for, `areas`
-- served as a leader of their office, `kin` parties complained about whose matters the person must not see,
-- `told` units for which the person may know of whistles.
create function mine(what text) returns text[]
language sql stable parallel safe
return nullif(current_setting('chuishao.' || what, true), '')::text[];
create function asking() returns text
language sql stable parallel safe
return nullif(current_setting('chuishao.person', true), '');
create function sees_all() returns boolean
language sql stable parallel safe
return coalesce(current_setting('chuishao.all', true) = 'on', false);
-- Tickets and whistles this transaction saw and changes: seen until it ends, whoever has them then.
create function in_hand() returns uuid[]
language sql stable parallel safe
return nullif(current_setting('chuishao.in_hand', true), '')::uuid[];

-- The whole trees that merged tickets form, without a word of anybody: the rules about the party complained
-- about must know the same whoever asks.
create function tree_of(tickets uuid[]) returns table (
    ticket_id uuid, number text, status text, unit text, assists text[], accused text, urgency text,
    profile text, round int, received_at timestamptz, into_ticket uuid, before text, joined int,
    dispatched_at timestamptz
)
language sql stable security definer rows 10
begin atomic
    with recursive above as (
        select unnest(tickets) as ticket_id
        union
        select f.into_ticket from above a join follower f on f.ticket_id = a.ticket_id
    ), whole as (
        select a.ticket_id from above a
        union
        select f.ticket_id from whole w join follower f on f.into_ticket = w.ticket_id
    )
    select t.ticket_id, t.number, t.status, t.unit, t.assists, t.accused, t.urgency, t.profile, t.round,
        t.received_at, f.into_ticket, f.before, f.joined,
        (
            select min(e.at)
            from ticket_event e
            where e.ticket_id = t.ticket_id and e.round = t.round
                and e.event in ('dispatched', 'reopened')
        )
    from whole w
    join ticket t on t.ticket_id = w.ticket_id
    left join follower f on f.ticket_id = t.ticket_id;
end;
-- Who works on the ticket under which this one is worked on.
create function worked_on_by(one uuid) returns text[]
language sql stable security definer
begin atomic
    with recursive above as (
        select one as ticket_id, 0 as depth
        union all
        select f.into_ticket, a.depth + 1
        from above a
        join follower f on f.ticket_id = a.ticket_id
        where a.depth < 1000
    )
    select t.assists || t.unit
    from above a
    join ticket t on t.ticket_id = a.ticket_id
    order by a.depth desc
    limit 1;
end;
-- Tickets that may be read because an open whistle calls one of the asker's units.
create function called_to() returns setof uuid
language sql stable security definer rows 20
begin atomic
    select w.ticket_id
    from whistle_call c
    join whistle w on w.whistle_id = c.whistle_id
    where c.unit = any(mine('units')) and c.state <> 'excused'
        and w.status in ('issued', 'resolved', 'rated') and w.ticket_id is not null
        and not w.accused && mine('kin');
end;
create function called_by(one uuid) returns text[]
language sql stable security definer
begin atomic
    select coalesce(array_agg(c.unit), '{}') from whistle_call c where c.whistle_id = one;
end;

-- Whistles of a ticket are asked for by its number, also by who may not read the ticket itself any more.
create function id_of_number(one text) returns uuid
language sql stable security definer
begin atomic
    select t.ticket_id from ticket t where t.number = one;
end;

revoke execute on function
    tree_of(uuid[]), worked_on_by(uuid), called_to(), called_by(uuid), id_of_number(text) from public;
grant execute on function
    tree_of(uuid[]), worked_on_by(uuid), called_to(), called_by(uuid), id_of_number(text)
    to chuishao_router, chuishao_router_people;

do $$
declare
    one text;
begin
    foreach one in array array[
        'receipt', 'ticket_event', 'ticket_clock', 'ticket_return', 'assist', 'follower',
        'catalogue_proposal', 'hot_issue_member'
    ]
    loop
        execute format(
            'create policy people on %I to chuishao_router_people'
            ' using (exists (select from ticket t where t.ticket_id = %I.ticket_id))',
            one, one
        );
    end loop;
    foreach one in array array['whistle_call', 'whistle_event', 'whistle_clock']
    loop
        execute format(
            'create policy people on %I to chuishao_router_people'
            ' using (exists (select from whistle w where w.whistle_id = %I.whistle_id))',
            one, one
        );
    end loop;
end
$$;

-- As `Actor.sees` has it (services/router/ticket/seeing.py).
create policy people on ticket to chuishao_router_people using (
    (select sees_all())
    or ticket_id = any((select in_hand())::uuid[])
    or (
        (accused is null or accused <> all((select mine('kin'))::text[]))
        and (
            unit in (select unnest(mine('below')))
            or assists && (select mine('units'))::text[]
            or area ^@ any((select mine('areas'))::text[])
            or ticket_id in (select called_to())
            or (status = 'merged' and worked_on_by(ticket_id) && (select mine('units'))::text[])
        )
    )
);
-- As `Whistle.known_to` has it (services/router/whistle/whistle.py).
create policy people on whistle to chuishao_router_people using (
    (select sees_all())
    or whistle_id = any((select in_hand())::uuid[])
    or (
        not accused && (select mine('kin'))::text[]
        and (
            blower = any((select mine('told'))::text[])
            or office = any((select mine('told'))::text[])
            or (issued_at is not null and called_by(whistle_id) && (select mine('told'))::text[])
        )
    )
);
-- An issue is known to who sees one of its members.
create policy people on hot_issue to chuishao_router_people using (
    (select sees_all())
    or exists (select from hot_issue_member m where m.issue_id = hot_issue.issue_id)
);
create policy people on command to chuishao_router_people using (unit = '@' || asking());
-- An upload is its uploader's until it is used, and then of who sees what it belongs to.
create policy people on attachment to chuishao_router_people using (
    case
        when used_by is null then uploaded_by = asking()
        else exists (select from ticket t where t.ticket_id = attachment.used_by)
            or exists (select from whistle w where w.whistle_id = attachment.used_by)
    end
);

grant usage on schema router, chuishao to chuishao_router_people;
grant select on
    ticket, receipt, ticket_event, ticket_clock, ticket_return, assist, follower, command, attachment,
    hot_issue, hot_issue_member, whistle, whistle_call, whistle_event, whistle_clock
    to chuishao_router_people;
grant insert on
    receipt, ticket_event, ticket_return, assist, follower, catalogue_proposal, command, attachment,
    whistle, whistle_call, whistle_event, outbox, outbox_pending
    to chuishao_router_people;
-- When a record was written stays the database's own to say.
grant insert (audit_id, at, actor, action, object, detail) on audit to chuishao_router_people;
grant update on ticket, ticket_return, attachment, hot_issue, whistle, whistle_call
    to chuishao_router_people;
grant delete on assist, follower to chuishao_router_people;
-- What `insert … returning` needs of the outbox; its events stay the worker's.
grant select (event_id, created_at) on outbox to chuishao_router_people;
