"""Who would get a complaint and why, asked of the running router."""

from __future__ import annotations

import json

import httpx

from chuishao.runfile import RunInfo

_TIMEOUT_S = 15.0


class ExplainRefusedError(RuntimeError):
    """The router refused the question; the message is its problem document."""


def question(
    text: str,
    *,
    address: str | None = None,
    point: str | None = None,
    category: str | None = None,
) -> dict[str, object]:
    """What is asked. `point` is `lon,lat` in WGS 84; raises ValueError for another form."""
    body: dict[str, object] = {"text": text}
    if address:
        body["address"] = address
    if category:
        body["category"] = category
    if point:
        body["point"] = parse_point(point)
    return body


def explain(info: RunInfo, asked: dict[str, object], *, as_json: bool = False) -> str:
    """Return the routing receipt in plain Chinese, or as indented JSON.

    Raises ExplainRefusedError when the router does not accept the question, httpx errors when it
    cannot be reached.
    """
    answer = httpx.post(
        f"{info.router}/v1/explain",
        json=asked,
        headers={"Authorization": f"Bearer {info.tokens['admin']}", "Accept-Language": "zh"},
        timeout=_TIMEOUT_S,
        trust_env=False,
    )
    if answer.status_code != httpx.codes.OK:
        raise ExplainRefusedError(answer.text)
    found = answer.json()
    return json.dumps(found, ensure_ascii=False, indent=2) if as_json else str(found["text"])


def parse_point(text: str) -> dict[str, object]:
    """Read `lon,lat`; raises ValueError for anything else."""
    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError:
        msg = f"a point is lon,lat like 117.02,36.66, not {text!r}"
        raise ValueError(msg) from None
    return {"lon": lon, "lat": lat, "datum": "wgs84"}
