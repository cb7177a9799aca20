-- Files residents gave with a complaint (kit/attachments): the row follows its stored object, never the
-- other way round. `used_by` is the complaint.
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

-- Who may see them: whoever holds the ticket or helps with it now, and who works on it under another one.
-- Each is of the newest event that says it, which need not be the newest event.
alter table ticket_view
    add column assists text[] not null default '{}',
    add column assists_version int not null default 0,
    add column merged_into text,
    add column merged_version int not null default 0;
