-- Learned category models, in versions; one of them at most is in use.
create table model (
    version int primary key,
    made_at timestamptz not null,
    made_from text not null,
    digest text not null,
    labels text[] not null,
    n int not null,
    scores jsonb not null,
    threshold double precision not null,
    body bytea not null,
    in_use boolean not null
);
alter table model alter column body set storage external;
create unique index model_in_use on model (in_use) where in_use;
