-- 首接负责: the unit first made responsible goes on coordinating, whoever holds the ticket later.
alter table ticket add column coordinator text;
update ticket t
set coordinator = (
    select e.unit
    from ticket_event e
    where e.ticket_id = t.ticket_id and e.event = 'dispatched'
    order by e.version
    limit 1
);
