-- Hot issues: many tickets about one matter from one place. Times are business time.

create table hot_issue (
    issue_id uuid primary key,
    level text not null check (level in ('compound', 'community', 'subdistrict')),
    area text not null,
    category text,
    tickets int not null,
    heat double precision not null,
    opened_at timestamptz not null,
    last_at timestamptz not null,
    closed_at timestamptz,
    closed_by text,
    reason text,
    check ((closed_at is null) = (closed_by is null))
);
-- One matter of one place is one open issue, however many processes look.
create unique index hot_issue_open on hot_issue (area, coalesce(category, '')) where closed_at is null;

-- A ticket belongs to at most one.
create table hot_issue_member (
    ticket_id uuid primary key,
    issue_id uuid not null references hot_issue,
    joined_at timestamptz not null
);
create index hot_issue_members on hot_issue_member (issue_id, joined_at desc, ticket_id desc);

-- Tickets of the last days that belong to none: what is counted, once for each place they lie in. In a
-- compound `matter` is empty, for all its tickets are compared; in wider places it is the category. Rows
-- leave when their ticket joins or they grow old: what a look costs follows from the window, not from
-- all tickets there ever were.
create table issue_watch (
    ticket_id uuid not null,
    area text not null,
    matter text not null,
    said_at timestamptz not null,
    primary key (ticket_id, area)
) with (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
create index issue_watch_place on issue_watch (area, matter, said_at desc);
create index issue_watch_age on issue_watch (said_at);

-- How far the router's own events have been looked at; whoever holds the row looks.
create table issue_mark (
    only_one boolean primary key default true check (only_one),
    tx xid8 not null,
    position bigint not null
);
insert into issue_mark (tx, position) values (pg_snapshot_xmin(pg_current_snapshot()), 0);
