-- Keys by version, records destroyed for good, and who was shown what (docs/adr/0038-life-of-the-vault.md).

-- A fixed text under each key that was ever used here: a wrong or a missing key is named when intake starts,
-- not when somebody asks for an identity.
create table vault.master_key (
    version int primary key check (version > 0),
    proof bytea not null,
    since timestamptz not null,
    retired_at timestamptz
);
grant select, insert on vault.master_key to chuishao_vault;
grant usage on schema chuishao to chuishao_vault;

-- Destroyed: no key, no box, no index; the row stays, so that nothing is sealed in its place again.
alter table vault.requester
    alter column wrapped_key drop not null,
    alter column box drop not null,
    add constraint requester_whole check (
        (wrapped_key is null) = (box is null)
        and (box is not null or (phone_index is null and tail is null))
    );
alter table vault.later_word
    alter column wrapped_key drop not null,
    alter column box drop not null,
    add constraint later_word_whole check ((wrapped_key is null) = (box is null));

-- Rotation: another wrapping and another index of the same record, by the role that may read it.
grant update (key_version, wrapped_key, phone_index, tail) on vault.requester to chuishao_vault;
grant update (key_version, wrapped_key) on vault.later_word to chuishao_vault;

-- Intake may destroy what it may not read.
create function vault.shred(complaints uuid[]) returns int
language sql volatile security definer set search_path = '' as $$
    with later as (
        update vault.later_word set wrapped_key = null, box = null
        where complaint_id = any(complaints) and box is not null
    ), gone as (
        update vault.requester
        set wrapped_key = null, box = null, phone_index = null, tail = null
        where complaint_id = any(complaints) and box is not null
        returning complaint_id
    )
    select count(*)::int from gone
$$;
revoke execute on function vault.shred(uuid[]) from public;
grant execute on function vault.shred(uuid[]) to chuishao_intake;

-- What was destroyed, when, and by which rule; `reveal` says so.
alter table complaint
    add column erased_at timestamptz,
    add column erased_why text,
    add constraint complaint_erased check ((erased_at is null) = (erased_why is null));
-- Where the retention job looks: only what has ended, oldest first.
alter table ticket_view add column erased boolean not null default false;
create index ticket_view_ended on ticket_view (since)
    where status in ('closed', 'withdrawn', 'declined', 'merged') and not erased;
create index complaint_declined on complaint (received_at)
    where decline_reason is not null and erased_at is null;

-- A digest of the whole body could be tried out until it fits; it goes with the rest.
create index idempotency_complaint on idempotency (complaint_id);

-- Every look at an identity; `mark` is what stands in the copy that was shown.
create table reveal (
    reveal_id uuid primary key,
    complaint_id uuid not null references complaint,
    by text not null,
    at timestamptz not null,
    code text not null,
    reason text not null,
    mark bytea not null unique
);
create index reveal_complaint on reveal (complaint_id, at);
create index reveal_by on reveal (by, at);
