-- 短信回执: codes that notices carry, what gateways handed over, and who guesses.

-- A code is kept as its digest, the address it was sent to as a salted one; both go some time after expiry.
create table reply_code (
    code_id uuid primary key,
    code_hash bytea not null unique,
    ticket_id uuid not null,
    number text not null,
    unit text not null,
    person text not null,
    channel text not null,
    address_hash bytea not null,
    issued_at timestamptz not null,
    expires_at timestamptz not null,
    signed_at timestamptz,
    ended_at timestamptz,
    ended_by text check (ended_by in ('return', 'handle')),
    check ((ended_at is null) = (ended_by is null)),
    check (expires_at > issued_at)
);
create index reply_code_old on reply_code (expires_at);

-- The same message of a gateway twice gets the same answer; none yet while it is worked on.
create table reply_message (
    gateway text not null,
    message_id text not null,
    body_hash bytea not null,
    received_at timestamptz not null,
    outcome text,
    answer text,
    primary key (gateway, message_id),
    check ((outcome is null) = (answer is null))
);
create index reply_message_old on reply_message (received_at);

-- Wrong codes of an address in the hour that began with the first of them.
create table reply_sender (
    address_hash bytea primary key,
    since timestamptz not null,
    wrong int not null
);
create index reply_sender_old on reply_sender (since);
