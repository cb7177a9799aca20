-- What follows filing: call-backs, later words, linked repeats, the resident's page.

-- Whether the filer left any phone at all; null where it was filed before this was noted.
alter table complaint
    add column reachable boolean,
    add column repeat_of text;
create index complaint_repeat on complaint (repeat_of) where repeat_of is not null;

alter table ticket_view
    -- Business time of the event that led to the present state.
    add column since timestamptz,
    add column urgency text,
    add column profile text,
    -- Number of the ticket it was merged into; null while it stands by itself.
    add column into_number text,
    -- Every unit that was ever responsible: their people never ask the resident (product.md section 6).
    add column holders text[] not null default '{}',
    -- Who said last that it was handled.
    add column handler text,
    -- Intake's own: the round the resident's final answer is about, and whether a follower is asked again.
    add column answered_round int,
    add column settled boolean not null default false;
update ticket_view set holders = array[unit]
where unit <> '_' and status not in ('received', 'triage', 'declined', 'merged', 'withdrawn');
create index ticket_view_due on ticket_view (since) where status = 'callback';
create index ticket_view_follower on ticket_view (since) where status = 'merged' and not settled;

create table callback (
    callback_id uuid primary key,
    complaint_id uuid not null references complaint,
    -- The ticket under which the work went on, its own or the one it was merged into, and its round.
    under text not null,
    round int not null,
    attempt int not null,
    by text not null,
    at timestamptz not null,
    handled_at timestamptz,
    channel text not null,
    outcome text not null
        check (outcome in ('solved', 'not_solved', 'not_reached', 'no_contact_possible')),
    satisfied boolean,
    note text,
    -- Which phone answered, as a digest of its blind index: only to see one phone answer for many.
    phone_mark bytea,
    final boolean not null,
    unique (complaint_id, under, round, attempt),
    check (satisfied is null or outcome in ('solved', 'not_solved')),
    check (final or outcome = 'not_reached')
);
create unique index callback_final on callback (complaint_id, under, round) where final;
create index callback_at on callback (at, callback_id);

create table later_word (
    word_id uuid primary key,
    complaint_id uuid not null references complaint,
    kind text not null check (kind in ('withdrawn', 'reopened', 'supplemented')),
    round int not null,
    by text not null,
    at timestamptz not null,
    words text not null,
    confirmed_by text,
    confirmed_how text,
    check ((kind = 'withdrawn') = (confirmed_by is not null and confirmed_how is not null))
);
create index later_word_complaint on later_word (complaint_id, at);
-- What the router has not answered yet is not said twice.
create unique index later_word_once on later_word (complaint_id, kind, round)
    where kind <> 'supplemented';

-- The answer given under an Idempotency-Key, for what is done to a complaint that is filed already.
create table answer (
    sub text not null,
    key text not null,
    digest bytea not null,
    status int not null,
    body jsonb not null,
    at timestamptz not null,
    primary key (sub, key)
);

-- Wrong tries on the resident's page, by a keyed digest of the number or of the address asked from.
create table page_try (
    token bytea primary key,
    tries timestamptz[] not null,
    last_at timestamptz not null
);
create index page_try_last on page_try (last_at);

-- The last four digits of the phone under a key of their own, bound to the complaint (services/intake/vault.py).
alter table vault.requester add column tail bytea;

-- Originals of later words and notes in which something was masked.
create table vault.later_word (
    word_id uuid primary key,
    complaint_id uuid not null,
    key_version int not null,
    wrapped_key bytea not null,
    box bytea not null
);
create index later_word_complaint on vault.later_word (complaint_id);
grant insert on vault.later_word to chuishao_intake;
grant select on vault.later_word to chuishao_vault;

-- As with vault.complaints_of: one question about one complaint at a time, never a list.
create function vault.tail_is(complaint uuid, guess bytea) returns boolean
language sql stable strict security definer set search_path = '' as $$
    select coalesce((select tail = guess from vault.requester where complaint_id = complaint), false)
$$;
create function vault.spoke(complaint uuid, caller bytea) returns boolean
language sql stable strict security definer set search_path = '' as $$
    select exists (
        select from vault.requester where complaint_id = complaint and phone_index = caller
    )
$$;
-- Not the index itself: with that, every other complaint of the phone could be listed.
create function vault.phone_mark(complaint uuid) returns bytea
language sql stable strict security definer set search_path = '' as $$
    select sha256('\x63616c6c2d6261636b'::bytea || phone_index)
    from vault.requester
    where complaint_id = complaint and phone_index is not null
$$;
revoke execute on function
    vault.tail_is(uuid, bytea), vault.spoke(uuid, bytea), vault.phone_mark(uuid) from public;
grant execute on function
    vault.tail_is(uuid, bytea), vault.spoke(uuid, bytea), vault.phone_mark(uuid) to chuishao_intake;

-- The complaint whose ticket is worked on: its own, or at the end of the mergers.
create function lead_of(complaint uuid) returns uuid
language sql stable strict set search_path from current as $$
    with recursive chain as (
        select t.complaint_id, t.status, t.into_number, 0 as depth
        from ticket_view t
        where t.complaint_id = complaint
        union all
        select t.complaint_id, t.status, t.into_number, depth + 1
        from chain
        join complaint c on c.number = chain.into_number
        join ticket_view t on t.complaint_id = c.complaint_id
        where chain.status = 'merged' and depth < 32
    )
    select complaint_id from chain order by depth desc limit 1
$$;
