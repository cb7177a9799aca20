-- Ladders that a complaint heard after its own dispatch had put to sleep: their rungs watch clocks that run,
-- and nothing would look at them again. The next rung is due when it always was.
update ladder l
set next_due_at = asleep.due_at
from (
    select s.ticket_id, s.round, min((r.rung ->> 'due_at')::timestamptz) as due_at
    from ladder s
    cross join lateral jsonb_array_elements(s.rungs) as r(rung)
    join clock c on c.ticket_id = s.ticket_id and c.round = s.round and c.kind = r.rung ->> 'clock'
    where s.next_due_at is null and s.stopped_at is null and c.state = 'running'
    group by s.ticket_id, s.round
) asleep
where l.ticket_id = asleep.ticket_id and l.round = asleep.round;
