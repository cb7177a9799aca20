"""Random staff, tickets and whistles in the small subdistrict, as rows of the router's tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from asyncpg import Connection, Record
from hypothesis import strategies as st

from contracts.directory import Post
from services.router.directory.directory import Directory, build
from tests.support import small

UNITS: Final = tuple(unit.code for unit in small.tables()["units"])
AREAS: Final = (
    "", small.DISTRICT, small.STREET, small.EAST, small.WEST, small.GARDEN, small.GARDEN_3, small.MILL,
)  # fmt: skip
POSTS: Final = ("leader", "deputy", "secretary", "duty_lead", "member", "liaison", "desk")
PEOPLE: Final = ("P1", "P2", "P3")
STATES: Final = ("triage", "dispatched", "in_progress", "callback", "closed")


@dataclass(frozen=True)
class Drawn:
    """A city: who holds which post, and what there is to see."""

    posts: list[Post]
    deputies: dict[str, str]
    tickets: list[dict[str, Any]]
    into: list[int | None]
    """For each ticket an earlier one into which it was merged."""
    whistles: list[dict[str, Any]]

    def top(self, n: int) -> int:
        """The ticket under which the n-th one is worked on; itself while it stands by itself."""
        while (into := self.into[n]) is not None:
            n = into
        return n

    def directory(self) -> Directory:
        """The small one with these posts and deputies."""
        tables = small.tables()
        units = [
            unit.model_copy(update={"deputy": self.deputies.get(unit.code)})
            for unit in tables["units"]
        ]
        return build(tables | {"posts": self.posts, "units": units}, 1)


_unit = st.sampled_from(UNITS)
_posts = st.lists(
    st.builds(
        lambda n, unit, role, person: small.post(f"D{n}", unit, role, person=person),
        st.integers(0, 99),
        _unit,
        st.sampled_from(POSTS),
        st.sampled_from(PEOPLE),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda post: post.post,
)
_accused = st.sampled_from((None, None, None, "老王烧烤店", *UNITS))
_ticket = st.fixed_dictionaries(
    {
        "unit": st.one_of(_unit, st.just("GONE-1")),
        "assists": st.lists(_unit, max_size=2, unique=True),
        "area": st.sampled_from((None, *AREAS)),
        "accused": _accused,
        "status": st.sampled_from(STATES),
    }
)
_whistle = st.fixed_dictionaries(
    {
        "blower": _unit,
        "office": _unit,
        "status": st.sampled_from(("blown", "issued", "resolved", "rated", "closed", "refused")),
        "about": st.one_of(st.none(), st.integers(0, 4)),
        "accused": st.lists(st.sampled_from(UNITS), max_size=1),
        "calls": st.dictionaries(
            _unit, st.sampled_from(("pending", "excused", "done")), max_size=3
        ),
    }
)


@st.composite
def cities(draw: st.DrawFn) -> Drawn:
    """A city with five tickets, some of them merged, and up to three whistles."""
    tickets = draw(st.lists(_ticket, min_size=5, max_size=5))
    into = [
        draw(st.one_of(st.none(), st.integers(0, n - 1))) if n and draw(st.booleans()) else None
        for n in range(5)
    ]
    deputies = draw(st.dictionaries(_unit, _unit, max_size=2))
    return Drawn(draw(_posts), deputies, tickets, into, draw(st.lists(_whistle, max_size=3)))


def id_of(n: int) -> UUID:
    """Of the n-th ticket; whistles come from 100 on."""
    return UUID(int=n + 1)


CLEAR: Final = """
truncate ticket, receipt, ticket_event, ticket_clock, ticket_return, assist, follower, attachment,
    hot_issue, hot_issue_member, whistle, whistle_call, whistle_event, whistle_clock, command,
    issue_watch, catalogue_proposal
cascade
"""
ADD_TICKET: Final = """
insert into ticket (
    ticket_id, number, status, unit, assists, area, urgency, profile, round, version, channel, kind, body,
    accused, confidential, rule_version, receipt_id, received_at, changed_at
)
values (
    $1, $2, $3, $4, $5, $6, 'normal', 'standard', 1, 1, 'hotline', 'complaint', '-',
    $7, false, 1, $1, now(), now()
)
"""
ADD_BESIDE: Final = (
    "insert into receipt (receipt_id, ticket_id, body) values ($1, $1, '{}')",
    (
        "insert into ticket_event (ticket_id, version, event, status, unit, round, actor, at)"
        " values ($1, 1, 'triaged', 'triage', 'DESK', 1, '-', now())"
    ),
    (
        "insert into ticket_clock (ticket_id, round, kind, clock_id, state, unit, due_at, sentence, said_at)"
        " values ($1, 1, 'result', $1, 'running', 'DESK', now(), '-', now())"
    ),
    (
        "insert into ticket_return (ticket_id, round, unit, reason_code, suggested, at)"
        " values ($1, 1, 'DESK', '-', '-', now())"
    ),
    (
        "insert into attachment (attachment_id, content_type, size, sha256, uploaded_by, uploaded_at, used_by,"
        " used_at) values ($1, 'image/png', 1, '-', 'P9', now(), $1, now())"
    ),
    (
        "insert into hot_issue (issue_id, level, area, tickets, heat, opened_at, last_at)"
        " values ($1::uuid, 'compound', $1::uuid::text, 1, 1, now(), now())"
    ),
    "insert into hot_issue_member (ticket_id, issue_id, joined_at) values ($1, $1, now())",
)
BESIDE: Final = (
    "receipt", "ticket_event", "ticket_clock", "ticket_return", "attachment", "hot_issue",
    "hot_issue_member",
)  # fmt: skip
"""Tables with one row for each ticket."""
OF_WHISTLE: Final = ("whistle", "whistle_call", "whistle_event", "whistle_clock")
ADD_WHISTLE: Final = """
insert into whistle (
    whistle_id, kind, status, version, blower, person, office, area, ticket_id, number, round, confidential,
    reason, text, blown_at, changed_at, issued_at, closed_at, accused
)
values (
    $1, 'key_task', $2, 1, $3, '-', $4, '', $5, $6, 1, false, '-', '-', now(), now(),
    case when $2 in ('issued', 'resolved', 'rated', 'closed') then now() end,
    case when $2 in ('closed', 'refused') then now() end, $7
)
"""
ADD_OF_WHISTLE: Final = (
    (
        "insert into whistle_event (whistle_id, version, event, status, unit, actor, detail, at)"
        " values ($1, 1, 'blown', 'blown', '-', '-', '{}', now())"
    ),
    (
        "insert into whistle_clock (whistle_id, kind, unit, state, due_at, sentence, said_at)"
        " values ($1, 'check_in', '-', 'running', now(), '-', now())"
    ),
)


async def store(conn: Connection[Record], city: Drawn) -> None:
    """In place of whatever was there; as the owner, whose policies let everything through."""
    await conn.execute(CLEAR)
    for n, ticket in enumerate(city.tickets):
        status = "merged" if city.into[n] is not None else ticket["status"]
        row = (ticket["unit"], ticket["assists"], ticket["area"], ticket["accused"])
        await conn.execute(ADD_TICKET, id_of(n), f"{n:012}", status, *row)
        for statement in ADD_BESIDE:
            await conn.execute(statement, id_of(n))
    for n, into in enumerate(city.into):
        if into is not None:
            await conn.execute(
                "insert into follower (ticket_id, into_ticket, joined, before, at)"
                " values ($1, $2, 1, 'triage', now())",
                id_of(n),
                id_of(into),
            )
    for n, whistle in enumerate(city.whistles, 100):
        about = whistle["about"]
        matter = (None, None) if about is None else (id_of(about), f"{about:012}")
        row = (whistle["status"], whistle["blower"], whistle["office"], *matter, whistle["accused"])
        await conn.execute(ADD_WHISTLE, id_of(n), *row)
        await conn.executemany(
            "insert into whistle_call (whistle_id, unit, required, state, late, proof)"
            " values ($1, $2, true, $3, false, '{}')",
            [(id_of(n), unit, state) for unit, state in whistle["calls"].items()],
        )
        for statement in ADD_OF_WHISTLE:
            await conn.execute(statement, id_of(n))
