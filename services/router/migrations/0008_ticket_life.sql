-- What the whole of domain.md D1 and D2 needs beside the state.
alter table ticket
add column pending jsonb,
add column extended int not null default 0,
add column ruled int not null default 0,
add column outcome text;

-- Work on a ticket may go on under another one from every state in which work goes on.
alter table follower drop constraint follower_before_check;
alter table follower add constraint follower_before_check check (before in (
    'triage', 'dispatched', 'accepted', 'in_progress', 'returned', 'arbitration', 'on_hold'
));

-- Each unit returns a ticket at most once a round; what came of it is charged to the rule or to the unit.
create table ticket_return (
    ticket_id uuid not null references ticket,
    round int not null,
    unit text not null,
    reason_code text not null,
    suggested text not null,
    outcome text,
    at timestamptz not null,
    answered_at timestamptz,
    primary key (ticket_id, round, unit),
    check (outcome in ('upheld', 'refused'))
);
create index ticket_return_at on ticket_return (at);

-- Rulings flow back: a draft row of catalogue.csv with its reason, shown by `directory diff`.
create table catalogue_proposal (
    proposal_id uuid primary key,
    ticket_id uuid not null references ticket,
    number text not null,
    category text,
    area text,
    lead text not null,
    was text not null,
    reason text not null,
    ruled_by text not null,
    rule_version int not null,
    at timestamptz not null
);
create index catalogue_proposal_at on catalogue_proposal (at);

-- Until when the unit may say "not ours": computed by the notifier, said with the sign-for clock.
alter table ticket_clock add column return_until timestamptz;
