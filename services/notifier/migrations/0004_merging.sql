-- Merged tickets (domain.md E19): from when the followers of a ticket wait; the trace a clock has of its own
-- while the earlier one of a follower counts; what an undone merger puts back on a secretary's table.
alter table ticket_view add column since jsonb not null default '[]';
alter table clock add column own_trace jsonb;
create index reception_item_ticket on reception_item (ticket_id);
