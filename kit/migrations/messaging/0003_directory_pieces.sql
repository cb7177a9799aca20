-- Parts come in pieces known by their digest; a piece that did not change is not fetched again.
alter table directory_part add column piece text not null default '';
alter table directory_part drop constraint directory_part_pkey;
alter table directory_part add primary key (part, piece);
alter table directory_part alter column body type text using body::text;
