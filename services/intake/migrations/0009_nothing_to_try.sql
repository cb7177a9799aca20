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
