-- Events that lack an earlier one are tried again by themselves, in the order they were buried (docs/adr/0046).
create index dead_letter_gap on dead_letter (consumer, dead_letter_id)
where reason = 'gap' and resolved_at is null;
