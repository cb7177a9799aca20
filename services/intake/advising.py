"""Asks the router who would get what is about to be filed; filing never waits for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final

import httpx
import orjson
from pydantic import BeforeValidator, Field

from contracts.complaint import Point, Urgency
from kit.logging import get
from kit.masking import mask
from services.intake.complaint import Short, Strict, Words
from services.intake.directory import Codes
from services.intake.duplicate import pair

log = get(__name__)

TIMEOUT_S: Final = 1.5
"""An operator at the phone waits no longer for a hint."""
MOST: Final = 3
_AWAY: Final = {
    "zh": "派单服务暂时没有应答，可以照常提交，系统会自动派单。",
    "en": "The router does not answer right now; file as usual, it is routed by itself.",
}
_WHY: Final = {
    "as_found": ("如果没有疑点，应由它办理", "would have it if there were no doubt"),
    "other_category": ("如果是另一类问题", "if it is another kind of matter"),
    "other_place": ("如果指的是另一个地方", "if another place is meant"),
    "unit_above": ("上一级单位", "the unit above"),
}


class Preview(Strict):
    """What is known so far of a matter somebody is about to file."""

    text: Annotated[Words, Field(min_length=1, max_length=10_000)]
    title: Short | None = None
    address: Annotated[Words, Field(max_length=300)] | None = None
    point: Annotated[Point | None, BeforeValidator(pair)] = None
    grid_code: Annotated[str, Field(max_length=15)] | None = None
    category: Annotated[str, Field(max_length=32)] | None = None
    urgency: Urgency | None = None


@dataclass(frozen=True, slots=True)
class Adviser:
    """The router's `POST /v1/explain`, under intake's own service token."""

    client: httpx.AsyncClient

    async def ask(self, preview: Preview, codes: Codes, lang: str) -> dict[str, Any]:
        """The three best routings with reasons; none and a `reason` while the router is away.

        Words are masked by shape before they leave; names are not known before filing.
        """
        asked = preview.model_dump(mode="json", exclude_none=True)
        for name in ("text", "title", "address"):
            if name in asked:
                asked[name] = mask(asked[name])
        try:
            answer = await self.client.post(
                "/v1/explain", json=asked, headers={"Accept-Language": lang}
            )
            answer.raise_for_status()
            receipt = orjson.loads(answer.content)
            return {"items": routings(receipt, codes, lang), "next": None}
        except (httpx.HTTPError, orjson.JSONDecodeError, KeyError) as error:
            log.info("router_not_asked", error=type(error).__name__)
            return {"items": [], "next": None, "reason": _AWAY[lang]}


def adviser_client(router_url: str, token: str) -> httpx.AsyncClient:
    """A client that gives up quickly; closed by whoever made it."""
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(base_url=router_url, timeout=TIMEOUT_S, headers=headers)


def routings(receipt: dict[str, Any], codes: Codes, lang: str) -> list[dict[str, Any]]:
    """The unit it would go to, then the alternatives of the receipt, each with why in plain words.

    `score` is how sure the reading behind it is, 0 to 1; `limits` what the unit would have to keep.
    """
    duty = receipt["duty"] or {}
    first = {
        "unit": receipt["unit"],
        "unit_name": receipt["unit_name"],
        "outcome": receipt["outcome"],
        "category": receipt["category"]["code"],
        "area": receipt["place"]["area"],
        "urgency": receipt["urgency"],
        "reason": receipt["reason"],
        "text": receipt["text"],
        "score": round(min(receipt["category"]["score"], receipt["place"]["score"]), 3),
        "limits": codes.limits_of(duty.get("profile"), Urgency(receipt["urgency"])),
    }
    others = [
        {
            "unit": one["unit"],
            "unit_name": codes.unit_names.get(one["unit"], one["unit"]),
            "outcome": "alternative",
            "category": one["category"],
            "area": one["area"],
            "reason": one["why"],
            "text": _WHY[one["why"]][lang == "en"],
            "score": one["score"],
        }
        for one in receipt["alternatives"]
        if one["why"] in _WHY
    ]
    return [first, *others][:MOST]
