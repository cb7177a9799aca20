-- Row-level security (docs/adr/0036). What people look at is read as chuishao_notifier_people, whose policies
-- read what the transaction was told of who asks (services/notifier/looking.py): nothing told, nothing seen. That
-- it is on and forced, and the policy of the worker, chuishao_notifier, is kit/row_security.py's doing.

-- What this transaction was told: `areas` of offices whose secretary the person is, `told` offices whose table
-- may be read, `below` offices whose receptions the person keeps, `units` in which the person holds a post.
create function mine(what text) returns text[]
language sql stable parallel safe
return nullif(current_setting('chuishao.' || what, true), '')::text[];
create function asking() returns text
language sql stable parallel safe
return nullif(current_setting('chuishao.person', true), '');
create function sees_all() returns boolean
language sql stable parallel safe
return coalesce(current_setting('chuishao.all', true) = 'on', false);

create policy people on reception_session for select to chuishao_notifier_people using (
    (select sees_all()) or org = any((select mine('below'))::text[])
);
create policy people on reception_hearing for select to chuishao_notifier_people using (
    exists (select from reception_session s where s.session_id = reception_hearing.session_id)
);
-- On a table that may be read, on the agenda of a session that may, or of one's own area.
create policy people on reception_item for select to chuishao_notifier_people using (
    (select sees_all())
    or org in (select unnest(mine('told')))
    or org = any((select mine('below'))::text[])
    or area ^@ any((select mine('areas'))::text[])
    or exists (select from reception_hearing h where h.item_id = reception_item.item_id)
);
create policy people on reception_entry for select to chuishao_notifier_people using (
    exists (select from reception_item i where i.item_id = reception_entry.item_id)
);
-- Who decided, who has to carry it out, who confirms; and who reads the matter's dossier.
create policy people on reception_decision for select to chuishao_notifier_people using (
    (select sees_all())
    or org = any((select mine('units'))::text[])
    or owner = any((select mine('units'))::text[])
    or confirmer = any((select mine('units'))::text[])
    or exists (select from reception_item i where i.item_id = reception_decision.item_id)
);
create policy people on decision_clock for select to chuishao_notifier_people using (
    exists (select from reception_decision d where d.decision_id = decision_clock.decision_id)
);
create policy people on legacy_matter for select to chuishao_notifier_people using (
    (select sees_all())
    or org in (select unnest(mine('told')))
    or area ^@ any((select mine('areas'))::text[])
);
create policy people on legacy_review for select to chuishao_notifier_people using (
    exists (select from legacy_matter l where l.legacy_id = legacy_review.legacy_id)
);
create policy people on ticket_view for select to chuishao_notifier_people using (
    (select sees_all())
    or area ^@ any((select mine('areas'))::text[])
    or exists (select from reception_item i where i.ticket_id = ticket_view.ticket_id)
);
create policy people on clock for select to chuishao_notifier_people using (
    exists (select from ticket_view v where v.ticket_id = clock.ticket_id)
);
create policy people on whistle_view for select to chuishao_notifier_people using (
    exists (select from ticket_view v where v.ticket_id = whistle_view.ticket_id)
);
create policy people on whistle_clock for select to chuishao_notifier_people using (
    exists (select from whistle_view w where w.whistle_id = whistle_clock.whistle_id)
);
create policy people on hot_issue_member for select to chuishao_notifier_people using (
    exists (select from ticket_view v where v.ticket_id = hot_issue_member.ticket_id)
);
create policy people on escalation for select to chuishao_notifier_people using (
    (select sees_all())
    or area ^@ any((select mine('areas'))::text[])
    or exists (select from reception_item i where i.ticket_id = escalation.ticket_id)
);
create policy people on notice for select to chuishao_notifier_people using (
    (select sees_all())
    or person = asking()
    or unit = any((select mine('units'))::text[])
    or area ^@ any((select mine('areas'))::text[])
);
create policy people on occasion for select to chuishao_notifier_people using (
    (select sees_all())
    or unit = any((select mine('units'))::text[])
    or area ^@ any((select mine('areas'))::text[])
    or exists (
        select from notice n where n.occasion_id = occasion.occasion_id and n.person = asking()
    )
);

grant usage on schema notifier, chuishao to chuishao_notifier_people;
grant select on
    ticket_view, clock, escalation, whistle_view, whistle_clock, hot_issue_member, notice, occasion,
    reception_session, reception_hearing, reception_item, reception_entry, reception_decision,
    decision_clock, legacy_matter, legacy_review
    to chuishao_notifier_people;
