-- Proof of handling (kit/attachments): the row follows its stored object, never the other way round.
-- `used_by` is the ticket.
create table attachment (
    attachment_id uuid primary key,
    content_type text not null,
    size int not null,
    sha256 bytea not null,
    width int,
    height int,
    -- What the camera said; apart from the file, which has it no more, and not for everybody.
    lon double precision,
    lat double precision,
    taken_at timestamptz,
    uploaded_by text not null,
    uploaded_at timestamptz not null,
    used_by uuid,
    used_at timestamptz,
    check ((lon is null) = (lat is null)),
    check ((used_by is null) = (used_at is null))
);
create index attachment_used on attachment (used_by) where used_by is not null;
create index attachment_unused on attachment (uploaded_at) where used_by is null;
create index attachment_waiting on attachment (uploaded_by) where used_by is null;

-- Ids of what the resident gave with the complaint; the files are intake's.
alter table ticket add column attachments text[] not null default '{}';
