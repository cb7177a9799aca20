"""A hand-made data set of some twenty lives, and how its rates are asked for (domain.md D8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from contracts.whistle import WhistleEvent, WhistleKind, WhistleStatus
from kit.auth import Principal
from kit.db import Pool
from kit.delivery import Received
from kit.ids import new_id
from services.notifier import rating
from services.notifier.actions import apply_complaints, apply_tickets
from services.notifier.rating import Asked, By
from tests.support import city
from tests.support.heard import AREA, MONDAY, apply, received
from tests.support.lives import Life, at_the_desk

ADMIN: Final = Principal("P0000", frozenset({"admin"}))
OTHER: Final = Principal("P0002", frozenset({"admin"}))
SECRETARY: Final = Principal("P0019", frozenset({"secretary"}))
"""Of the community 370105001008."""
OF_SZ: Final = Principal("P0142", frozenset({"unit"}))
ELSEWHERE: Final = "370105001009002"
WEEK: Final = ("2026-11-23", "2026-11-30")


def lives() -> list[Life]:
    """Urgent matters: contact within 2 hours, result within 24 hours of the dispatch, all by the clock.

    number unit   contact       result          answer                           returns
      1    SZ     1 in time     10 in time      solved, satisfied                -
      2    SZ     3 late        20 in time      solved, not satisfied            -
      3    SZ     1 in time     30 late         solved, not asked                -
      4    SZ     2 in time     24 in time      three times not reached          -
      5    SZ     never: late   never: late     -                                -
      6    SZ     waits (99)    waits           -                                -
      7    SZ     gave it back  -               -                                1, upheld
           GD     2 in time     20 in time      solved, satisfied                -
      8    SZ     1.5 in time   10 in time      not asked yet                    1, refused
      9    GD     6 in time     30 late         solved, satisfied                1, refused by ruling
           SZ     gave it back  -               -                                1, upheld by ruling
     10    SZ     1 in time     5 in time       not solved, not satisfied        -
           again  -             10 in time      solved, satisfied                -
     11    SZ     1 in time     25 late: 5 was  solved, satisfied                -
                                refused at 7
     12    SZ     1 in time     on hold: waits  -                                -
     13    SZ     withdrawn at 1: nothing counts                                 -
     14    SZ     withdrawn at 30: both late    -                                -
     15    SZ     merged into 1 at 1            solved, not satisfied (SZ did it)  -
     16    desk   declined at triage            -                                -
     17, 18       answered at the desk
     19    GD     1 in time     5 in time       no contact possible              -
     20    GD     1 in time     5 in time       solved, satisfied (elsewhere)    -
     21    GD     1 in time     5 in time       not reached once, tried again    -
    """
    one = Life("1").worked("SZ", handed_in=10).call(12, "solved", satisfied=True).on("closed", 12)
    two = Life("2").worked("SZ", contact=3, handed_in=20).call(21, "solved", satisfied=False)
    three = Life("3").worked("SZ", handed_in=30).call(31, "solved").on("closed", 31)
    four = Life("4").worked("SZ", contact=2, handed_in=24)
    for attempt, hours in enumerate((30, 40, 50), start=1):
        four.call(hours, "not_reached", attempts=attempt, final=attempt == 3)
    seven = Life("7").on("dispatched", 0, "SZ").on("returned", 0.5, reason_code="not_our_duty")
    seven.on("dispatched", 1, "GD").on("contacted", 2).on("handled", 20)
    eight = Life("8").on("dispatched", 0, "SZ").on("returned", 0.5).on("returned", 0.5)
    eight.on("dispatched", 1).on("contacted", 1.5).on("handled", 10)
    nine = Life("9").on("dispatched", 0, "GD").on("returned", 1).on("dispatched", 1.5, "SZ")
    nine.on("returned", 2).on("referred", 2).on("ruled", 5, "GD").on("reassigned", 5)
    nine.on("dispatched", 5).on("contacted", 6).on("handled", 30)
    ten = Life("10").worked("SZ").call(6, "not_solved", satisfied=False).on("reopened", 6)
    ten.on("handled", 10).call(11, "solved", satisfied=True).on("closed", 11)
    eleven = Life("11").worked("SZ").on("rejected", 7).on("handled", 25)
    fifteen = Life("15").on("dispatched", 0, "SZ").on("merged", 1, into="1")
    fifteen.call(12.5, "solved", satisfied=False, handed_in=one.handed_in)
    elsewhere = Life("20", ELSEWHERE, "L2").worked("GD").call(6, "solved", satisfied=True)
    return [
        one, two.on("closed", 21), three, four.on("closed", 50), Life("5").on("dispatched", 0, "SZ"),
        Life("6").on("dispatched", 99, "SZ"), seven.call(21, "solved", satisfied=True),
        eight, nine.call(31, "solved", satisfied=True), ten,
        eleven.call(26, "solved", satisfied=True).on("closed", 26),
        Life("12").on("dispatched", 0, "SZ").on("contacted", 1).on("held", 5),
        Life("13").on("dispatched", 0, "SZ").on("withdrawn", 1),
        Life("14").on("dispatched", 0, "SZ").on("withdrawn", 30), fifteen,
        Life("16").on("triaged", 0, "QX-TQ").on("declined", 1),
        Life("19").worked("GD").call(6, "no_contact_possible").on("closed", 6),
        elsewhere.on("closed", 6), Life("21").worked("GD").call(6, "not_reached"),
    ]  # fmt: skip


async def tell(pool: Pool, told: list[Life]) -> None:
    """All of it, in the order in which it was said."""
    for life in told:
        await apply(pool, apply_complaints, *life.filed)
    for life in told:
        await apply(pool, apply_tickets, *life.told)
        await apply(pool, apply_complaints, *life.called)
    await apply(pool, apply_complaints, at_the_desk("17"), at_the_desk("18"))


def whistle(name: str, one: UUID, version: int, unit: str, hours: float, **more: Any) -> Received:
    """A whistle's event so many hours after Monday 10:00."""
    at = MONDAY + timedelta(hours=hours)
    values: dict[str, Any] = {
        "whistle_id": str(one), "version": version, "kind": WhistleKind.JOINT_ENFORCEMENT,
        "unit": unit, "blower": "SQ-001", "area": AREA[:12], "status": WhistleStatus.ISSUED, "at": at,
    }  # fmt: skip
    return received(f"whistle.{name}", WhistleEvent(**values | more), at)


async def blow(pool: Pool, about: Life) -> None:
    """One whistle gives 24 hours (SZ comes after 1, GD never), one half an hour (SZ comes late, GD is let go)."""
    first, second = new_id(), new_id()
    tied: dict[str, Any] = {"ticket_id": str(about.ticket_id), "number": about.number, "round": 1}
    quick: dict[str, Any] = {"kind": WhistleKind.EMERGENCY}
    blown: dict[str, Any] = {"status": WhistleStatus.BLOWN}
    await apply(
        pool,
        apply_tickets,
        whistle("blown", first, 1, "SQ-001", 0, **tied | blown),
        whistle("issued", first, 2, "SZ", 0, **tied),
        whistle("issued", first, 3, "GD", 0, **tied),
        whistle("checked_in", first, 4, "SZ", 1, **tied),
        whistle("blown", second, 1, "SQ-001", 0, **quick | blown),
        whistle("issued", second, 2, "SZ", 0, **quick),
        whistle("issued", second, 3, "GD", 0, **quick),
        whistle("cancelled", second, 4, "GD", 0.1, **quick),
        whistle("checked_in", second, 5, "SZ", 1, **quick),
    )


async def figures(
    pool: Pool, by: By = "unit", who: Principal = ADMIN, **more: Any
) -> dict[str, Any]:
    return await rating.rates(pool, city.directory(), who, Asked(by, WEEK[0], WEEK[1], **more))


def short(group: dict[str, Any], *names: str) -> dict[str, tuple[int, int]]:
    """Numerator and denominator of rates."""
    rates = group["rates"]
    return {n: (rates[n]["numerator"], rates[n]["denominator"]) for n in names or rates}
