-- Whom a matter is about, of our own units only: who holds a post there, right above it or with its deputy
-- is told nothing of it and finds it on no table and in no list (docs/adr/0038-life-of-the-vault.md).
create table ticket_about (
    ticket_id uuid not null,
    accused text not null,
    primary key (ticket_id, accused)
);

-- Read as people are (docs/adr/0036): codes of units only, asked about tickets that are shown anyway.
grant select on ticket_about to chuishao_notifier_people;
