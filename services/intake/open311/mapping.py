"""Our matters in the words of GeoReport v2. Pure.

There is `open` and `closed` and nothing between: what it means is said in a plain sentence, and our own
state stands beside it in updates (domain.md E8). No field tells who spoke.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from contracts.complaint import Datum, Point
from contracts.ticket import TicketStatus as S
from kit.city_time import CITY_TIME
from kit.page import Lang
from services.intake.directory import Category, Codes
from services.intake.open311.document import Document
from services.intake.position import wgs84
from services.intake.resident import SENTENCES, View

ENDED: Final = (S.CLOSED, S.DECLINED, S.WITHDRAWN)
"""What partners are told is closed."""
ABOUT_100_M: Final = 3
"""Decimals of a degree that are left of a place somebody else named."""
NOBODY: Final = "_"
_UNKNOWN: Final = {"zh": "待分类", "en": "Not classified yet"}
_ABOUT: Final = {
    "zh": "反映“{name}”类问题，由负责的单位办理。",
    "en": "Matters of the kind “{name}”, handled by the responsible office.",
}


@dataclass(frozen=True, slots=True)
class Told:
    """To whom it is said: whether in full, and in which language."""

    full: bool
    lang: Lang


def services(codes: Codes, lang: Lang) -> Document:
    """What may be asked for: the leaves of the category tree."""
    leaves = sorted((one for one in codes.tree.values() if one.leaf), key=lambda one: one.code)
    return Document("services", [_service(one, lang) for one in leaves])


def definition(category: Category) -> Document:
    """A service's own form: none has further questions."""
    return Document("service_definition", {"service_code": category.code, "attributes": []})


def _service(category: Category, lang: Lang) -> dict[str, Any]:
    return {
        "service_code": category.code,
        "service_name": category.name,
        "description": _ABOUT[lang].format(name=category.name),
        "metadata": False,
        "type": "realtime",
        "keywords": ", ".join(category.keywords),
        "group": category.group or category.name,
    }


def is_full(row: Mapping[str, Any], sub: str | None, *, reads: bool) -> bool:
    """True for who filed it, and for a key with the right to read all."""
    return reads or (sub is not None and row["filed_by"] == sub)


def request(
    row: Mapping[str, Any], codes: Codes, told: Told, expected: datetime | None = None
) -> dict[str, Any]:
    """One request as `GET requests` shows it. Words, address and exact place only where `told.full`."""
    view = view_of(row)
    said = view.tell(told.lang)
    code = row["category"]
    category = codes.tree.get(code) if code else None
    name = category.name if category else (code or _UNKNOWN[told.lang])
    lon, lat = _place(row, full=told.full)
    return {
        "service_request_id": row["number"],
        "status": status(view.status),
        "status_notes": said["state"],
        "service_name": name,
        "service_code": code or "",
        "description": row["body"] if told.full else name,
        "agency_responsible": _agency(row["unit"], codes),
        "service_notice": said["next"],
        "requested_datetime": w3(row["received_at"]),
        "updated_datetime": w3(view.since),
        "expected_datetime": w3(expected) if expected else None,
        "address": (row["address"] or "") if told.full else "",
        "address_id": (row["area"] or "") if told.full else "",
        "zipcode": "",
        "lat": lat,
        "long": lon,
        "media_url": "",
    }


def update(row: Mapping[str, Any], lang: Lang) -> dict[str, Any]:
    """One change as mySociety's `GET servicerequestupdates` shows it."""
    sentence = SENTENCES[S(row["status"])]
    state = S(row["status"])
    return {
        "update_id": f"{row['number']}-{row['change_id']}",
        "service_request_id": row["number"],
        "status": status(state),
        "external_status_code": state.value,
        "description": sentence.en if lang == "en" else sentence.zh,
        "updated_datetime": w3(row["noted_at"]),
        "media_url": "",
    }


def view_of(row: Mapping[str, Any]) -> View:
    """Where a matter stands, as its resident would be told."""
    if row["withdrawn_at"] is not None:
        return View(row["number"], S.WITHDRAWN, together=False, since=row["withdrawn_at"])
    opening = S.DECLINED if row["decline_reason"] is not None else S.RECEIVED
    return View(
        number=row["number"],
        status=S(row["lead_status"]) if row["lead_status"] else opening,
        together=row["status"] == S.MERGED.value,
        since=row["since"] or row["received_at"],
    )


def status(state: S) -> str:
    """`open` or `closed`."""
    return "closed" if state in ENDED else "open"


def w3(at: datetime) -> str:
    """A time as the W3C note writes it, in the city's offset."""
    return at.astimezone(CITY_TIME).isoformat(timespec="seconds")


def _agency(unit: str | None, codes: Codes) -> str:
    if unit is None or unit == NOBODY:
        return ""
    return codes.unit_names.get(unit, "")


def _place(row: Mapping[str, Any], *, full: bool) -> tuple[float | None, float | None]:
    if row["datum"] is None:
        return None, None
    found = wgs84(Point(lon=row["lon"], lat=row["lat"], datum=Datum(row["datum"])))
    assert found is not None  # noqa: S101 - a point was given
    digits = 6 if full else ABOUT_100_M
    return round(found[0], digits), round(found[1], digits)
