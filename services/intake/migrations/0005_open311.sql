-- Open311 GeoReport v2 and mySociety's service request updates (services/intake/open311).

-- What is listed to partners, newest first; confidential matters never are.
create index complaint_listed on complaint (received_at desc, complaint_id desc)
    where not confidential;

-- Each change of a ticket's state, once, in the order intake learned of it. Only grows: partners ask what
-- is new since they last asked, and one that was noted late must not lie before that.
create table status_change (
    change_id bigint generated always as identity primary key,
    complaint_id uuid not null,
    version int not null,
    status text not null,
    round int not null,
    noted_at timestamptz not null,
    unique (complaint_id, version)
);
create index status_change_noted on status_change (noted_at, change_id);
-- Who follows a ticket is told what becomes of it.
create index ticket_view_into on ticket_view (into_number) where into_number is not null;

-- Under which key a body without an Idempotency-Key is filed, so that sending it twice files it once.
create table open311_submission (
    sub text not null,
    digest bytea not null,
    key text not null,
    at timestamptz not null,
    primary key (sub, digest)
);
create index open311_submission_at on open311_submission (at);
