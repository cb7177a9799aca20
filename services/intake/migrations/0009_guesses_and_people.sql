-- After an identity was destroyed, nothing is left on which a guess could be tried (docs/adr/0038): digests of what
-- was said later, of a partner's body, and keys made of a whole line go with it (keeping/store_erasing.py).
create index answer_complaint on answer ((body ->> 'complaint_id'));
create index open311_submission_key on open311_submission (sub, key);

-- The same for what was destroyed before.
update answer a set digest = ''
from complaint c
where c.erased_at is not null and a.body ->> 'complaint_id' = c.complaint_id::text;
delete from open311_submission s
using idempotency i, complaint c
where c.erased_at is not null and i.complaint_id = c.complaint_id and s.sub = i.sub and s.key = i.key;
update idempotency i set key = 'erased ' || i.complaint_id
from complaint c
where c.erased_at is not null and i.complaint_id = c.complaint_id and i.key ~ '^[0-9a-f]{64}$';

-- Row-level security for what people look at (docs/adr/0036): complaints, files and likely duplicates are read as
-- chuishao_intake_people, whose policies read what the transaction was told of who asks (services/intake/looking.py).
create function mine(what text) returns text[]
language sql stable parallel safe
return nullif(current_setting('chuishao.' || what, true), '')::text[];
create function asking() returns text
language sql stable parallel safe
return nullif(current_setting('chuishao.person', true), '');
create function sees_all() returns boolean
language sql stable parallel safe
return coalesce(current_setting('chuishao.all', true) = 'on', false);

-- Who works on the ticket under which this one is worked on.
create function worked_on_by(one uuid) returns text[]
language sql stable security definer
begin atomic
    select v.assists || v.unit from ticket_view v where v.complaint_id = lead_of(one);
end;
-- Complaints in one tree of mergers with one about a unit the asker is tied to.
create index complaint_accused on complaint (accused) where accused is not null;
create function closed_to_me() returns setof uuid
language sql stable security definer rows 10
begin atomic
    with recursive above as (
        select c.complaint_id, c.number from complaint c where c.accused = any(mine('kin'))
        union
        select led_by.complaint_id, led_by.number
        from above a
        join ticket_view v on v.complaint_id = a.complaint_id and v.status = 'merged'
        join complaint led_by on led_by.number = v.into_number
    ), whole as (
        select a.complaint_id, a.number from above a
        union
        select c.complaint_id, c.number
        from whole w
        join ticket_view v on v.into_number = w.number and v.status = 'merged'
        join complaint c on c.complaint_id = v.complaint_id
    )
    select complaint_id from whole;
end;
revoke execute on function worked_on_by(uuid), closed_to_me() from public;
grant execute on function worked_on_by(uuid), closed_to_me()
    to chuishao_intake, chuishao_intake_people;

-- As `Staff.may_see` has it (services/intake/staff.py); before its ticket is known, a complaint is the hotline's.
create policy people on ticket_view for select to chuishao_intake_people using (
    (select sees_all())
    or (
        complaint_id not in (select closed_to_me())
        and (
            unit in (select unnest(mine('below')))
            or assists && (select mine('units'))::text[]
            or area ^@ any((select mine('areas'))::text[])
            or (status = 'merged' and worked_on_by(complaint_id) && (select mine('units'))::text[])
        )
    )
);
create policy people on complaint for select to chuishao_intake_people using (
    (select sees_all())
    or exists (select from ticket_view v where v.complaint_id = complaint.complaint_id)
);
-- An upload is its uploader's until it is used, and then of who sees what it belongs to.
create policy people on attachment for select to chuishao_intake_people using (
    case
        when used_by is null then uploaded_by = asking()
        else exists (select from complaint c where c.complaint_id = attachment.used_by)
    end
);
create policy people on later_word for select to chuishao_intake_people using (
    exists (select from complaint c where c.complaint_id = later_word.complaint_id)
);
create policy people on callback for select to chuishao_intake_people using (
    exists (select from complaint c where c.complaint_id = callback.complaint_id)
);
-- Likely duplicates are shown to those who see all complaints anyway.
create policy people on complaint_mark for select to chuishao_intake_people using (
    (select sees_all())
);

grant usage on schema intake, chuishao, vault to chuishao_intake_people;
grant execute on function vault.complaints_of(bytea, int) to chuishao_intake_people;
grant select on ticket_view, complaint, attachment, later_word, callback, complaint_mark
    to chuishao_intake_people;
