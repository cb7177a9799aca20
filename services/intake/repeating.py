"""A complaint that takes up an ended one again: what it carries over. Pure (domain.md E7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contracts.complaint import Datum, Kind, Point
from services.intake.complaint import Filing, Requester
from services.intake.directory import Codes
from services.intake.filing import Draft
from services.intake.later import Reopening


def repeat(
    row: Mapping[str, Any], secret: Mapping[str, Any], said: Reopening, codes: Codes
) -> Filing:
    """The new filing: the new words and caller, the old place and kind, and who is complained about.

    Codes that the directory no longer has are left out: the router decides anew anyway.
    """
    original = secret.get("original", {})
    return Filing(
        channel=said.channel,
        kind=Kind(row["kind"]),
        text=said.text,
        address=said.address or original.get("address") or row["address"],
        point=_point(row) if said.address is None else None,
        grid_code=_known(row["grid_code"], codes) if said.address is None else None,
        category=row["category"] if row["category"] in codes.categories else None,
        requester=said.caller,
        accused=row["accused"] or secret.get("accused"),
        confidential=row["confidential"],
    )


def repeat_draft(filing: Filing, asked: Mapping[str, Any], codes: Codes) -> Draft:
    """Ready to be filed under a key of its own; `asked` has sub, key, digest and repeat_of."""
    return Draft(
        filing,
        asked["sub"],
        asked["key"],
        asked["digest"],
        codes.units.get(filing.accused) if filing.accused else None,
        codes.names,
        asked["repeat_of"],
    )


def names_of(secret_names: list[str], caller: Requester | None) -> list[str]:
    """Everybody known in the old complaint and in the new call."""
    return [*secret_names, *(caller.known if caller else ())]


def _point(row: Mapping[str, Any]) -> Point | None:
    if row["datum"] is None:
        return None
    return Point(lon=row["lon"], lat=row["lat"], datum=Datum(row["datum"]))


def _known(grid_code: str | None, codes: Codes) -> str | None:
    return grid_code if grid_code is not None and codes.knows(grid_code) else None
