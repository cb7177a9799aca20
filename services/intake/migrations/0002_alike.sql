-- Under what a complaint is found again as a likely duplicate (services/intake/likeness.py): the smallest
-- hashes of its text, its places. The 30 days it belongs to stand in front of each mark, so new rows lie
-- together whatever their hash; complaint ids grow with time, so the newest of a mark are read first.
-- Complaints filed before have none and are not offered.
create table complaint_mark (
    mark bigint not null,
    complaint_id uuid not null,
    primary key (mark, complaint_id)
);

-- What the router found out about place and category: better than what the filer knew.
alter table ticket_view add column area text, add column category text;

-- The newest of a caller first; does all that the index on the phone alone did.
create index requester_caller on vault.requester (phone_index, complaint_id)
    where phone_index is not null;
drop index vault.requester_phone;

-- The one thing intake may read about identities: which complaints came from a phone whose blind index it
-- can name. A grant on the columns would let it list who filed what with whom; this answers one at a time.
create function vault.complaints_of(caller bytea, most int) returns setof uuid
language sql stable strict rows 10 security definer set search_path = '' as $$
    select complaint_id
    from vault.requester
    where phone_index = caller
    order by complaint_id desc
    limit least(most, 50)
$$;
revoke execute on function vault.complaints_of(bytea, int) from public;
grant execute on function vault.complaints_of(bytea, int) to chuishao_intake;
