"""Who may do what at receptions: looked up in the directory at each request (domain.md D7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from kit.auth import Principal
from kit.db import Conn
from kit.errors import DomainError, Kind, not_found, stale
from kit.idempotency import digest, key_reused
from services.notifier.directory import Directory
from services.notifier.reception import store_commands
from services.notifier.reception.decision import Decision
from services.notifier.roster.roster import SECRETARIES

KEEPING: Final = SECRETARIES | {"desk", "dispatcher", "leader", "duty_lead"}
"""The reception office: whoever of the office sets up sessions, takes the record and closes them."""
SEES_ALL: Final = ("admin", "auditor", "dispatcher", "service")
Reply = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Staff:
    """A person and the offices they stand for today."""

    person: str
    decides: frozenset[str]
    keeps: frozenset[str]
    units: frozenset[str]
    everything: bool = False
    """The administrator."""
    sees_all: bool = False

    @classmethod
    def of(cls, who: Principal, directory: Directory, now: datetime) -> Staff:
        """As the directory knows them; a token's role alone opens no office."""
        held = directory.roster.held_by(who.sub, now)
        decides = {post.unit for post in held if post.role in SECRETARIES}
        return cls(
            who.sub,
            frozenset(decides) if who.has("secretary") else frozenset(),
            frozenset(post.unit for post in held if post.role in KEEPING),
            frozenset(post.unit for post in held),
            who.has("admin"),
            who.has(*SEES_ALL),
        )

    def knows(self, org: str) -> bool:
        """Whether the sessions of an office may be seen at all; others' do not exist for this person."""
        return self.sees_all or org in self.keeps

    def knows_decision(self, decision: Decision) -> bool:
        """Who decided, who has to carry it out, who confirms."""
        parties = {decision.org, decision.owner, decision.confirmer}
        return self.sees_all or not parties.isdisjoint(self.units)

    def must_keep(self, org: str) -> None:
        """Raises DomainError 404 for another office's, 403 for who may only look."""
        if not self.knows(org):
            raise not_found("接待", "reception session")
        if not self.everything and org not in self.keeps:
            raise forbidden("这一步由该接待办公室办理。", "This step is the reception office's.")

    def must_decide(self, org: str) -> None:
        """Raises DomainError 404, or 403 for who is no secretary of the office."""
        self.must_keep(org)
        if not self.everything and org not in self.decides:
            raise forbidden(
                "由该单位书记或副书记决定。", "The secretary or the deputy of the office decides."
            )


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, under which key, having seen what."""

    who: Principal
    key: str | None = None
    """Idempotency-Key: the same gets the same answer."""
    expected: str | None = None
    """If-Match: the version in quotes that the caller saw."""

    async def before(self, conn: Conn, said: Sequence[Any]) -> Reply | None:
        """What was answered; of two copies sent at once the second waits. Raises DomainError 422."""
        if self.key is None:
            return None
        await store_commands.alone(conn, f"{self.who.sub} {self.key}")
        known = await store_commands.answered(conn, self.who.sub, self.key)
        if known is None:
            return None
        if known["body_hash"] != digest(said):
            raise key_reused()
        reply: Reply = known["reply"]
        return reply

    async def keep(self, conn: Conn, said: Sequence[Any], reply: Reply, now: datetime) -> None:
        """Remember the answer; a refusal is not remembered."""
        if self.key is not None:
            await store_commands.keep(conn, self.who.sub, self.key, digest(said), reply, now)

    def fresh(self, version: int, seen: int | None) -> None:
        """Raises DomainError 412 for another If-Match, 409 for another `version` in the body."""
        if self.expected not in (None, "*", f'"{version}"'):
            raise stale("这一项", "It", version, Kind.PRECONDITION)
        if seen not in (None, version):
            raise stale("这一项", "It", version)


def forbidden(zh: str, en: str) -> DomainError:
    """This step is somebody else's."""
    return DomainError("forbidden", Kind.FORBIDDEN, zh=zh, en=en)
