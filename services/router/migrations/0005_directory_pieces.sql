-- A directory version is a list of pieces known by their digest: what did not change is stored once.
create table directory_piece (
    digest text primary key,
    body text not null
);
alter table directory_piece alter column body set storage external;
create table directory_content (
    version int not null references directory_version,
    part text not null,
    piece text not null,
    digest text not null references directory_piece,
    primary key (version, part, piece)
);
insert into directory_piece (digest, body)
select distinct on (digest) digest, body from directory_body;
insert into directory_content (version, part, piece, digest)
select version, part, '', digest from directory_body;
drop table directory_body;

-- A version is in force once every living replica has built it and its day has come.
alter table directory_version add column active_at timestamptz;
alter table directory_version add column created_at timestamptz not null default now();
update directory_version set active_at = published_at;
create table directory_replica (
    replica uuid primary key,
    version int not null,
    seen_at timestamptz not null
);
