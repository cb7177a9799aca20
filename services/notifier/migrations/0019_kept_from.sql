-- 回避 in what people read (docs/adr/0036, 0038): whoever is tied to a unit that a matter is about finds it in no
-- list and on no page, whichever table they keep and whatever other post they hold; told nothing of who asks,
-- nobody sees anything, as before. The figures of rates stay counts of everything.
create index ticket_about_accused on ticket_about (accused);

-- Matters filed before 0018: whom they are about was said in events that were applied long ago. Done as owner,
-- once; from then on the notifier hears it from complaint.received (clocks/store_about.py).
insert into ticket_about (ticket_id, accused)
select c.complaint_id, c.accused
from intake.complaint c
join ticket_view v on v.ticket_id = c.complaint_id
where c.accused is not null
on conflict do nothing;
-- A ticket that others were merged into is about whom they are about.
with recursive tied as (
    select t.into_ticket as ticket_id, a.accused
    from router.follower t
    join ticket_about a on a.ticket_id = t.ticket_id
    union
    select t.into_ticket, tied.accused
    from tied
    join router.follower t on t.ticket_id = tied.ticket_id
)
insert into ticket_about (ticket_id, accused)
select ticket_id, accused from tied
on conflict do nothing;

-- Only what names a unit the asker is tied to, which is what has to be known to leave it out.
create policy people on ticket_about for select to chuishao_notifier_people using (
    accused = any((select mine('kin'))::text[])
);
create function kept_from_me() returns setof uuid
language sql stable security definer rows 100
begin atomic
    select a.ticket_id from ticket_about a where a.accused = any(mine('kin'));
end;
create function items_kept_from_me() returns setof uuid
language sql stable security definer rows 20
begin atomic
    select i.item_id
    from ticket_about a
    join reception_item i on i.ticket_id = a.ticket_id
    where a.accused = any(mine('kin'));
end;
revoke execute on function kept_from_me(), items_kept_from_me() from public;
grant execute on function kept_from_me(), items_kept_from_me()
    to chuishao_notifier, chuishao_notifier_people;

do $$
declare
    one text;
begin
    foreach one in array array[
        'ticket_view', 'clock', 'escalation', 'hot_issue_member', 'reception_item', 'reception_entry',
        'reception_decision', 'legacy_matter', 'rate_exclusion'
    ]
    loop
        execute format(
            'create policy kept_from on %I as restrictive to chuishao_notifier_people'
            ' using (ticket_id not in (select kept_from_me()))',
            one
        );
    end loop;
    foreach one in array array['whistle_view', 'notice', 'occasion']
    loop
        execute format(
            'create policy kept_from on %I as restrictive to chuishao_notifier_people'
            ' using (ticket_id is null or ticket_id not in (select kept_from_me()))',
            one
        );
    end loop;
end
$$;
create policy kept_from on reception_hearing as restrictive to chuishao_notifier_people
    using (item_id not in (select items_kept_from_me()));

-- Exclusions are listed with ticket, unit and words: read as people are, by area and unit.
create policy people on rate_exclusion for select to chuishao_notifier_people using (
    (select sees_all())
    or area ^@ any((select mine('areas'))::text[])
    or unit = any((select mine('units'))::text[])
);
grant select on rate_exclusion to chuishao_notifier_people;
