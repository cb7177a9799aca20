"""The row policies of the router say what its pure rules say, also to a statement that forgot its `where`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chuishao.embedded.postgres import EmbeddedPostgres
from kit.auth import Principal
from kit.db import show
from kit.migrate import people_role
from services.router import queries
from services.router.directory.directory import Directory
from services.router.ticket.seeing import Actor
from tests.support import random_city, servers, small
from tests.support.random_city import Drawn, cities, id_of
from tests.support.servers import Database

CITY_WIDE: Final = ("dispatcher", "admin", "ruling", "auditor", "service", "operator")
ROLES: Final = st.sampled_from(
    [{"unit"}, {"secretary"}, {"unit", "secretary"}, {"dashboard"}, *({role} for role in CITY_WIDE)]
)
OPEN: Final = ("issued", "resolved", "rated")


class Server:
    """One database, the owner's connection and the people's."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self.runner = asyncio.Runner()
        self.database = self.runner.run(servers.database(server))
        self.owner = self.runner.run(self._connect(self.database, "postgres"))
        self.people = self.runner.run(self._connect(self.database, people_role("router")))

    async def _connect(self, database: Database, role: str) -> Any:
        return await asyncpg.connect(
            database.dsn(role), server_settings={"search_path": "router", "enable_seqscan": "off"}
        )

    async def seen(self, who: Principal | None, directory: Directory) -> dict[str, set[UUID]]:
        """What `select` without any condition shows somebody of each table: tickets' or whistles' ids."""
        found = {}
        async with self.people.transaction():
            if who is not None:
                await show(self.people, queries.sight_of(who, directory, small.MONDAY))
            for table in ("ticket", "follower", "assist", *random_city.BESIDE):
                column = {"attachment": "used_by", "hot_issue": "issue_id"}.get(table, "ticket_id")
                rows = await self.people.fetch(f"select {column} as id from {table}")  # noqa: S608
                found[table] = {row["id"] for row in rows}
            for table in random_city.OF_WHISTLE:
                rows = await self.people.fetch(f"select whistle_id as id from {table}")  # noqa: S608
                found[table] = {row["id"] for row in rows}
        return found

    def close(self) -> None:
        self.runner.run(self.people.close())
        self.runner.run(self.owner.close())
        self.runner.run(servers.drop(self.database))
        self.runner.close()


@pytest.fixture(scope="module")
def server(postgres_server: EmbeddedPostgres) -> Iterator[Server]:
    made = Server(postgres_server)
    yield made
    made.close()


def whistles_known(city: Drawn, kin: frozenset[str], units: frozenset[str] | None) -> set[UUID]:
    """`Whistle.known_to` of what was drawn; all for None."""
    known = set()
    for n, whistle in enumerate(city.whistles, 100):
        called = set() if whistle["status"] in {"blown", "refused"} else set(whistle["calls"])
        named = {whistle["blower"], whistle["office"], *called}
        if units is None or (kin.isdisjoint(whistle["accused"]) and named & units):
            known.add(id_of(n))
    return known


def tickets_seen(city: Drawn, who: Actor) -> set[UUID]:
    """`Actor.sees`, and as queries.py has it: who works on the ticket it follows, whom a whistle calls."""
    seen = set()
    for n, ticket in enumerate(city.tickets):
        top = city.top(n)
        together = (other for m, other in enumerate(city.tickets) if city.top(m) == top)
        about = {other["accused"] for other in together if other["accused"]}
        called = {
            unit
            for whistle in city.whistles
            if whistle["about"] == n and whistle["status"] in OPEN
            and who.kin.isdisjoint(whistle["accused"])
            for unit, state in whistle["calls"].items()
            if state != "excused"
        }  # fmt: skip
        working = {city.tickets[top]["unit"], *city.tickets[top]["assists"], *called}
        theirs = ticket | {"assists": working, "area": None}
        if who.sees(ticket, about) or who.sees(theirs, about):
            seen.add(id_of(n))
    return seen


@given(city=cities(), roles=ROLES)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_d7_16_policies_and_pure_rules_agree(server: Server, city: Drawn, roles: set[str]) -> None:
    directory = city.directory()
    server.runner.run(random_city.store(server.owner, city))
    everything = {id_of(n) for n in range(len(city.tickets))}
    for person in random_city.PEOPLE:
        who = Principal(person, frozenset(roles))
        actor = queries.actor_of(who, directory, small.MONDAY)
        units = queries.visible_units(who, directory, small.MONDAY)
        found = server.runner.run(server.seen(who, directory))
        expected = everything if units is None else tickets_seen(city, actor)
        assert found["ticket"] == expected, (person, roles)
        for table in random_city.BESIDE:
            assert found[table] == expected, table
        merged = {id_of(n) for n, into in enumerate(city.into) if into is not None}
        assert found["follower"] == expected & merged
        known = whistles_known(city, actor.kin, units)
        assert found["whistle"] == found["whistle_event"] == found["whistle_clock"] == known
        calling = {id_of(n) for n, whistle in enumerate(city.whistles, 100) if whistle["calls"]}
        assert found["whistle_call"] == known & calling


@given(city=cities())
@settings(
    max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_who_was_not_named_sees_nothing(server: Server, city: Drawn) -> None:
    """A forgotten setting, also on a connection that showed somebody everything a moment ago."""
    server.runner.run(random_city.store(server.owner, city))
    directory = city.directory()
    server.runner.run(server.seen(Principal("P1", frozenset({"admin"})), directory))
    for table, rows in server.runner.run(server.seen(None, directory)).items():
        assert rows == set(), table


@pytest.mark.parametrize(
    "statement",
    [
        "select body from outbox",
        "select * from audit",
        "select * from issue_watch",
        "select * from contact",
        "delete from ticket",
        "delete from ticket_event",
        "update ticket_event set actor = 'nobody'",
        "insert into ticket (ticket_id) values (gen_random_uuid())",
        "truncate ticket",
        "alter table ticket disable row level security",
        "drop policy people on ticket",
        "create policy mine on ticket using (true)",
        "set role chuishao_router",
        "set session authorization chuishao_router",
        "select * from notifier.ticket_view",
        "select * from intake.complaint",
        "select * from vault.requester",
    ],
)
def test_the_role_of_people_cannot(server: Server, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        server.runner.run(server.people.execute(statement))


def test_row_security_cannot_be_switched_off(server: Server) -> None:
    """`row_security = off` makes PostgreSQL refuse what a policy would have cut."""

    async def off() -> None:
        async with server.people.transaction():
            await server.people.execute("set local row_security = off")
            await server.people.fetch("select * from ticket")

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        server.runner.run(off())
