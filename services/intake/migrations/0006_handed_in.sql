-- A call-back is about one handing-in of the work: what a supervisor refused is asked about anew,
-- though the round is the same.

alter table ticket_view
    -- Version of the newest `handled` event; 0 before the first one that was heard of.
    add column handed_in int not null default 0,
    -- Intake's own, beside answered_round: the handing-in the final answer is about.
    add column answered_handed_in int;
update ticket_view set answered_handed_in = 0 where answered_round is not null;

alter table callback add column handed_in int not null default 0;
alter table callback
    drop constraint callback_complaint_id_under_round_attempt_key,
    add unique (complaint_id, under, round, handed_in, attempt);
drop index callback_final;
create unique index callback_final on callback (complaint_id, under, round, handed_in) where final;
