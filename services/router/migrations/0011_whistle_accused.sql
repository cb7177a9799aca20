-- Parties complained about in a whistle's ticket and those merged into it when it was blown: none of them,
-- nor anybody tied to them, may know of the whistle. Those blown before get what their ticket names.
alter table whistle add column accused text[] not null default '{}';
update whistle w
set accused = array[t.accused]
from ticket t
where t.ticket_id = w.ticket_id and t.accused is not null;
