-- Words on clocks were once ordered by business time; since they bear `said_at`, by the clock of the database.
-- Where business time ran ahead (a simulated installation), a word of before would outdo every later one for
-- years. No word of today lies ahead of the clock it was said by: such a row gives way to whatever was said since.
update ticket_clock set said_at = 'epoch' where said_at > clock_timestamp();
update whistle_clock set said_at = 'epoch' where said_at > clock_timestamp();
