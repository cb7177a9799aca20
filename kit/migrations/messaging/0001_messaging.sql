-- What a service needs to say and hear things exactly once, made inside each service's own schema.

-- Kept for ever, one partition a month: what rebuilds and reconciliation read.
create table outbox (
    position bigint generated always as identity,
    tx xid8 not null default pg_current_xact_id(),
    event_id uuid not null,
    subject text not null,
    body bytea not null,
    created_at timestamptz not null default now(),
    primary key (tx, position, created_at)
) partition by range (created_at);
alter table outbox alter column body set storage external;
create table outbox_rest partition of outbox default;
create index outbox_event on outbox (event_id);

create function ensure_outbox_partitions() returns void
language plpgsql security definer set search_path from current as $$
declare
    first_day date := date_trunc('month', now())::date;
    month date;
    part text;
begin
    for step in 0..1 loop
        month := first_day + make_interval(months => step);
        part := format('outbox_%s', to_char(month, 'YYYYMM'));
        if to_regclass(part) is null then
            execute format(
                'create table %I partition of outbox for values from (%L) to (%L)',
                part, month, month + interval '1 month'
            );
        end if;
    end loop;
end
$$;
select ensure_outbox_partitions();

-- What is still to be published: small and hot. Inserting is claiming; a lease that ran out frees the row.
create table outbox_pending (
    event_id uuid primary key,
    created_at timestamptz not null default now(),
    lease_until timestamptz not null
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
create index outbox_pending_lease on outbox_pending (lease_until);

create table inbox (
    consumer text not null,
    event_id uuid not null,
    applied_at timestamptz not null default now(),
    primary key (consumer, event_id)
);

create table delivery_attempt (
    consumer text not null,
    message text not null,
    attempts int not null,
    last_error text not null,
    last_at timestamptz not null default now(),
    primary key (consumer, message)
);

create table dead_letter (
    dead_letter_id uuid primary key,
    consumer text not null,
    message text not null,
    stream text not null,
    stream_seq bigint not null,
    subject text not null,
    headers jsonb not null,
    body bytea not null,
    reason text not null,
    error text not null,
    attempts int not null,
    buried_at timestamptz not null default now(),
    resolved_by text,
    resolution text,
    resolved_at timestamptz,
    unique (consumer, message)
);
create index dead_letter_open on dead_letter (buried_at) where resolved_at is null;

-- Written in the transaction of the effect; a chainer links it later (reliability.md, decisions).
create table audit (
    audit_id uuid primary key,
    at timestamptz not null,
    actor text not null,
    action text not null,
    object text not null,
    detail jsonb not null default '{}'
);
