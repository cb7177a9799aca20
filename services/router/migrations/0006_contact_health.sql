-- What replaying the last days and following open tickets read.
create index ticket_received on ticket using brin (received_at);
create index ticket_open_id on ticket (ticket_id)
where status not in ('closed', 'declined', 'merged', 'withdrawn');

-- One row a night: the coverage proof of the version in force.
create table coverage_proof (
    day date primary key,
    version int not null,
    claimed_at timestamptz not null,
    proved_at timestamptz,
    whole boolean,
    open_cells bigint,
    fingerprint text,
    body text
);

-- How far open tickets were looked at for a directory version on a day.
create table directory_following (
    version int not null,
    day date not null,
    seen uuid not null,
    skipped uuid[] not null default '{}',
    moved int not null default 0,
    primary key (version, day)
);

-- Read off our own events: when a unit was last asked without answering, and when somebody of it last
-- signed for a ticket or did anything. Person '' is the unit as a whole.
create table contact (
    unit text not null,
    person text not null,
    signed_at timestamptz,
    acted_at timestamptz,
    asked_at timestamptz,
    primary key (unit, person)
);
create table contact_read (
    only_row boolean primary key default true check (only_row),
    tx text not null,
    position bigint not null
);
insert into contact_read (tx, position) values ('0', 0);
