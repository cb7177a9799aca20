"""A change of category asks the catalogue again and keeps every clock (domain.md D2, D3 rule 2)."""

from __future__ import annotations

from dataclasses import replace

import orjson

from contracts.complaint import Urgency
from contracts.ticket import TicketStatus
from kit.db import Conn
from kit.ids import new_id
from services.router.decision import conflict, inputs, matching, receipt
from services.router.decision.decision import Decision
from services.router.desk import choosing, returning
from services.router.desk.suggesting import tie
from services.router.directory.directory import Directory
from services.router.ticket import store, store_life, store_merging
from services.router.ticket.deed import Asked, Deed, dispatched, masked
from services.router.ticket.standing import Standing


async def recategorise(conn: Conn, asked: Asked, directory: Directory) -> list[Deed]:
    """Another category, perhaps another place: who answers is decided anew. Raises DomainError 422.

    The same unit goes on in the state it is in. Another one starts at `dispatched`, with the result clock
    of this round running on; what nobody can decide alone goes back to the desk.
    """
    data, before, row = asked.command.data, asked.before, asked.row
    returning.not_over_a_ruling(before)
    choosing.check_codes(data, directory, asked.at)
    first = (await store.receipts(conn, row["ticket_id"]))[0]
    given = orjson.loads(first["body"])["inputs"]
    complaint = inputs.rebuild(row, given).model_copy(
        update={
            "category": data.category,
            "grid_code": data.area or before.area or given["grid_code"],
            "urgency": Urgency(before.urgency),
        }
    )
    decision = matching.decide(complaint, directory, asked.at)
    against = await store_merging.about(conn, row["ticket_id"])
    receipt_id = new_id()
    await store.add_receipt(conn, receipt_id, row["ticket_id"], receipt.dump(decision.receipt))
    after = replace(
        before,
        category=decision.category,
        area=decision.area or before.area,
        rule_version=directory.version,
        receipt_id=receipt_id,
    )
    detail = {"was": before.category}
    tied = tie(directory, decision.unit, against, after.area, asked.at) is not None
    if decision.triage or tied:
        desk = conflict.desk(directory, after.area, against, asked.at)
        return [_to_desk(asked, after, desk, detail)]
    if decision.unit == before.unit and before.status is not TicketStatus.TRIAGE:
        same = replace(after, profile=decision.profile)
        told = (("recategorised", before.unit),)
        return [Deed(asked, same, told, row, detail, reason=masked(data.reason))]
    await store_life.answer_returns(conn, row["ticket_id"], before.round, decision.unit, asked.at)
    helpers = [
        unit
        for unit in decision.assists
        if tie(directory, unit, against, after.area, asked.at) is None
    ]
    return [_moved(asked, replace(after, assists=tuple(helpers)), decision, detail)]


def _moved(
    asked: Asked,
    after: Standing,
    decision: Decision,
    detail: dict[str, str | None],
) -> Deed:
    before = asked.before
    moved = replace(
        after,
        status=TicketStatus.DISPATCHED,
        unit=decision.unit,
        post=decision.post,
        profile=decision.profile,
        dispatched_at=asked.at,
        coordinator=before.coordinator or decision.unit,
        pending=None,
    )
    deed = dispatched(asked, moved, asked.command.data.reason, detail)
    return replace(deed, told=(("recategorised", before.unit), *deed.told))


def _to_desk(asked: Asked, after: Standing, desk: str, detail: dict[str, str | None]) -> Deed:
    moved = replace(after, status=TicketStatus.TRIAGE, unit=desk, post=None, pending=None)
    told = [("recategorised", asked.before.unit)]
    if desk != asked.before.unit:
        told += [("reassigned", asked.before.unit), ("triaged", desk)]
    return Deed(
        asked, moved, tuple(told), asked.row, detail, reason=masked(asked.command.data.reason)
    )
