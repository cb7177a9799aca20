-- Which tickets belong to which hot issue, as the router said: one warning for each unit and duty is enough.
create table hot_issue (
    issue_id uuid primary key,
    closed_at timestamptz
);
create table hot_issue_member (
    ticket_id uuid primary key,
    issue_id uuid not null references hot_issue
);
create index hot_issue_members on hot_issue_member (issue_id, ticket_id);
