-- Complaints as everybody may see them (masked), and once-only keys. Identities: schema vault.
create table complaint (
    complaint_id uuid primary key,
    number text not null unique,
    channel text not null,
    kind text not null,
    title text,
    body text not null,
    address text,
    lon double precision,
    lat double precision,
    datum text,
    grid_code text,
    category text,
    urgency text,
    accused text,
    confidential boolean not null,
    external_id text,
    decline_reason text,
    decline_door text,
    fingerprint bigint not null,
    filed_by text not null,
    occurred_at timestamptz,
    received_at timestamptz not null
);
create index complaint_fingerprint on complaint (fingerprint, received_at);

create table idempotency (
    sub text not null,
    key text not null,
    body_hash bytea not null,
    complaint_id uuid not null,
    number text not null,
    duplicates text not null,
    received_at timestamptz not null,
    primary key (sub, key)
);

create table number_block (
    day date primary key,
    used int not null
);

-- Intake's own projection of what became of a complaint, from ticket events.
create table ticket_view (
    complaint_id uuid primary key,
    status text not null,
    unit text not null,
    round int not null,
    version int not null
);

create schema if not exists vault;
create table vault.requester (
    complaint_id uuid primary key,
    key_version int not null,
    wrapped_key bytea not null,
    box bytea not null,
    phone_index bytea
);
create index requester_phone on vault.requester (phone_index) where phone_index is not null;
grant usage on schema vault to chuishao_intake, chuishao_vault;
grant insert on vault.requester to chuishao_intake;
grant select on vault.requester to chuishao_vault;
