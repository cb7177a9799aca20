"""Returns: one return per unit and round, the second goes to a ruling, and a ruling is final (domain.md D2).

Called by acting.py inside its transaction, when the step was judged and allowed. The result clock runs on
all the while: whoever is late stays late (E3).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from contracts.complaint import Urgency
from contracts.ticket import TicketStatus
from kit.db import Conn
from kit.errors import DomainError, Kind
from kit.ids import new_id
from kit.validation import wrong_field
from services.router.decision import conflict, receipt
from services.router.desk import choosing, deciding
from services.router.desk.deciding import Against
from services.router.directory.directory import Directory
from services.router.ticket import merging, store, store_life, store_merging
from services.router.ticket.deed import Asked, Deed, dispatched, masked
from services.router.ticket.standing import Standing
from services.router.ticket.ticket import SYSTEM_STEPS, Cause


async def give_back(conn: Conn, asked: Asked, directory: Directory) -> list[Deed]:
    """The lead says it is not theirs, and whose it is. Raises DomainError 409, 422."""
    data, before, row = asked.command.data, asked.before, asked.row
    choosing.check_codes(data, directory, asked.at)
    if data.unit == before.unit:
        raise wrong_field(
            "data.unit", zh="请建议本单位以外的单位", en="suggest another unit than your own"
        )
    earlier = await store_life.returns(conn, row["ticket_id"], before.round)
    _check(before.round == before.ruled, earlier, before.unit)
    await _check_window(conn, asked)
    await store_life.add_return(
        conn, row["ticket_id"], before.round, before.unit, data.reason_code, data.unit, asked.at
    )
    about = await store_merging.about(conn, row["ticket_id"])
    desk = conflict.desk(directory, before.area, about, asked.at)
    status, told = TicketStatus.RETURNED, [("returned", before.unit), ("returned", desk)]
    if earlier:
        referred = SYSTEM_STEPS[TicketStatus.RETURNED, Cause.SECOND_RETURN]
        status, told = TicketStatus.ARBITRATION, [*told, (referred.event, desk)]
    after = replace(before, status=status, pending=None)
    detail = {"suggested": data.unit, "reason_code": data.reason_code}
    return [Deed(asked, after, tuple(told), row, detail, reason=masked(data.reason))]


async def rule(conn: Conn, asked: Asked, directory: Directory) -> list[Deed]:
    """Whose it is, for good in this round; a draft row for the catalogue is kept. Raises DomainError 422."""
    data, before, row = asked.command.data, asked.before, asked.row
    choosing.check_codes(data, directory, asked.at)
    against = await held_against(conn, asked, directory)
    choice = choosing.choose(data, choosing.none_offered(directory), before)
    decided = deciding.dispatch(choice, before, against)
    await store.add_receipt(
        conn, against.receipt_id, row["ticket_id"], receipt.dump(decided.receipt)
    )
    after = replace(decided.after, ruled=before.round, pending=None)
    await store_life.answer_returns(conn, row["ticket_id"], before.round, after.unit, asked.at)
    reason = masked(decided.reason)
    await store_life.propose(
        conn, new_id(), row["ticket_id"], row["number"], after.category, after.area, after.unit,
        before.unit, reason, asked.actor.person, directory.version, asked.at,
    )  # fmt: skip
    deed = dispatched(asked, after, decided.reason, decided.detail)
    return [replace(deed, told=(("ruled", after.unit), *deed.told))]


def not_over_a_ruling(before: Standing) -> None:
    """A ruling is final in its round: nobody sends the ticket elsewhere (D2). Raises DomainError 409."""
    if before.ruled == before.round:
        raise _refused(
            "ruled",
            zh="本轮责任已裁定，不能再改派。",
            en="A ruling was given in this round and is final; it stays where it was sent.",
        )


async def answered(conn: Conn, asked: Asked, after: str) -> None:
    """Note what came of a return when the desk has dispatched the ticket again. Raises DomainError 422."""
    if asked.before.status not in {TicketStatus.RETURNED, TicketStatus.TRIAGE}:
        return
    if asked.before.status is TicketStatus.RETURNED and after == asked.before.unit:
        choosing.reason_of(asked.command.data)
    ticket_id, round_ = asked.row["ticket_id"], asked.before.round
    await store_life.answer_returns(conn, ticket_id, round_, after, asked.at)


async def held_against(conn: Conn, asked: Asked, directory: Directory) -> Against:
    """What a person's choice of a unit is held against: the decision so far, and who must not have it."""
    ticket_id = asked.row["ticket_id"]
    tree = await store_merging.tree(conn, [ticket_id])
    guess: dict[str, Any] = orjson.loads(await store.receipt(conn, asked.before.receipt_id))
    return Against(
        directory=directory,
        accused=merging.accused(tree, ticket_id),
        guess=guess,
        urgency=Urgency(asked.before.urgency),
        person=asked.actor.person,
        at=asked.at,
        receipt_id=new_id(),
    )


def _check(ruled: bool, earlier: list[Any], unit: str) -> None:  # noqa: FBT001 - a fact, not a mode
    if ruled:
        raise _refused(
            "ruled",
            zh="本轮责任已裁定，不能再退回；请办理。",
            en="A ruling was given in this round and is final; please handle it.",
        )
    if any(one["unit"] == unit for one in earlier):
        raise _refused(
            "returned-already",
            zh="本单位本轮已退回过一次，不能再退。",
            en="Your unit has returned it once in this round; that is all there is.",
        )


async def _check_window(conn: Conn, asked: Asked) -> None:
    """Inside the return window, as the notifier computed it; while nothing is known it is open."""
    times = await store_life.times(conn, asked.row["ticket_id"], asked.before.round)
    until = times["sign_for"]["return_until"] if "sign_for" in times else None
    if until is not None and asked.at >= until:
        raise _refused(
            "window-closed",
            zh="已过退回时限，不能退回；责任有争议的，请边办理边报请督办。",
            en="The return window has closed; handle it, and ask for supervision if it is disputed.",
        )


def _refused(slug: str, *, zh: str, en: str) -> DomainError:
    return DomainError(slug, Kind.CONFLICT, field="action", zh=zh, en=en)
