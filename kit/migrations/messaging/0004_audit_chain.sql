-- Audit rows are linked into a chain, its heads are anchored, and nothing of it is ever changed
-- (reliability.md D.4; docs/adr/0039). The row itself is written in the transaction of its effect.

alter table audit add column written_at timestamptz;
update audit set written_at = at;
alter table audit alter column written_at set not null;
-- The database's clock, whatever the writer says of business time: service roles may not write this column.
alter table audit alter column written_at set default clock_timestamp();

-- What is still to be linked: a late commit appears here late, and is never passed by.
create table audit_pending (
    written_at timestamptz not null,
    audit_id uuid not null,
    primary key (written_at, audit_id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
insert into audit_pending (written_at, audit_id) select written_at, audit_id from audit;

create table audit_link (
    seq bigint primary key check (seq > 0),
    audit_id uuid not null unique,
    linked_at timestamptz not null,
    hash bytea not null check (length(hash) = 32)
);

create table audit_anchor (
    number bigint primary key check (number > 0),
    seq bigint not null,
    at timestamptz not null,
    line text not null
);

create function audit_to_pending() returns trigger
language plpgsql security definer set search_path from current as $$
begin
    insert into audit_pending (written_at, audit_id) select written_at, audit_id from fresh;
    return null;
end
$$;
create trigger audit_to_pending after insert on audit
referencing new table as fresh for each statement execute function audit_to_pending();

create function audit_only_grows() returns trigger language plpgsql as $$
begin
    raise exception 'the audit only grows: % of % is refused', tg_op, tg_table_name
        using errcode = 'insufficient_privilege';
end
$$;
create trigger only_grows before update or delete or truncate on audit
for each statement execute function audit_only_grows();
create trigger only_grows before update or delete or truncate on audit_link
for each statement execute function audit_only_grows();
create trigger only_grows before update or delete or truncate on audit_anchor
for each statement execute function audit_only_grows();
alter table audit enable always trigger only_grows;
alter table audit_link enable always trigger only_grows;
alter table audit_anchor enable always trigger only_grows;

-- A dead letter somebody wants applied once more; the consumer's own service does it.
alter table dead_letter add column replay_asked_at timestamptz;
alter table dead_letter add column replay_asked_by text;
create index dead_letter_replay on dead_letter (replay_asked_at)
where replay_asked_at is not null and resolved_at is null;
