-- Tickets worked on under another one (domain.md D1 `merged`): the state they return to is kept here.
create table follower (
    ticket_id uuid primary key references ticket,
    into_ticket uuid not null references ticket,
    joined int not null,
    before text not null,
    at timestamptz not null,
    check (ticket_id <> into_ticket),
    check (before in ('triage', 'dispatched', 'accepted', 'in_progress'))
);
create index follower_into on follower (into_ticket);

-- Who assists, beside ticket.assists: an array's index cannot give one unit's tickets newest first.
create table assist (
    unit text not null,
    ticket_id uuid not null,
    primary key (unit, ticket_id)
);
insert into assist (unit, ticket_id)
select distinct a.unit, t.ticket_id
from ticket t
cross join unnest(t.assists) as a(unit);
