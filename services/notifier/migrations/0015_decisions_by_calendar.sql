-- A changed calendar is taken to the clocks of decisions, too (docs/adr/0027).
-- lapse: what lapse_at is reckoned from, as the city wrote it when the clock started; null in older rows.
alter table decision_clock
    add column lapse text,
    add column earlier_due timestamptz[] not null default '{}';
create index decision_clock_open on decision_clock (decision_id) where stopped_at is null;

alter table calendar_run
    add column whistles_done boolean not null default false,
    add column decisions_done_to uuid not null default '00000000-0000-0000-0000-000000000000';
