-- What the reconciler knows of each stream this service publishes to (kit/reconcile, docs/adr/0040).
create table reconciled (
    stream text primary key,
    lease_until timestamptz not null default '-infinity',
    look_at timestamptz not null default '-infinity',
    scan_at timestamptz not null default '-infinity',
    round int not null default 0,
    server text,
    created text,
    first_seq bigint,
    first_at timestamptz,
    last_seq bigint,
    deleted bigint,
    -- Up to here kept events are older than the stream's max_age: a scan begins behind it.
    from_tx xid8 not null default '0',
    from_position bigint not null default 0,
    offered bigint not null default 0
);

-- 0, or the round in which the event was found missing and offered again: the broker has to take it for new.
alter table outbox_pending add column attempt int not null default 0;
