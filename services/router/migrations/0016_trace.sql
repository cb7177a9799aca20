-- Why a clock is due then, part by part, so that it can be told in English too; words of before have none.
alter table ticket_clock add trace jsonb;
alter table whistle_clock add trace jsonb;
