"""Who would get a complaint and why, asked of the running router."""

from __future__ import annotations

import json

import httpx

from chuishao.runfile import RunInfo

_TIMEOUT_S = 15.0


class ExplainRefusedError(RuntimeError):
    """The router refused the question; the message is its problem document."""


def explain(
    info: RunInfo,
    *,
    text: str,
    address: str | None = None,
    point: str | None = None,
    category: str | None = None,
) -> str:
    """Return the routing receipt as indented JSON.

    `point` is `lon,lat` in WGS 84. Raises ValueError for another form, ExplainRefusedError when
    the router does not accept the question, httpx errors when it cannot be reached.
    """
    body: dict[str, object] = {"text": text}
    if address:
        body["address"] = address
    if category:
        body["category"] = category
    if point:
        body["point"] = parse_point(point)
    answer = httpx.post(
        f"{info.router}/v1/explain",
        json=body,
        headers={"Authorization": f"Bearer {info.tokens['admin']}"},
        timeout=_TIMEOUT_S,
        trust_env=False,
    )
    if answer.status_code != httpx.codes.OK:
        raise ExplainRefusedError(answer.text)
    return json.dumps(answer.json(), ensure_ascii=False, indent=2)


def parse_point(text: str) -> dict[str, object]:
    """Read `lon,lat`; raises ValueError for anything else."""
    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError:
        msg = f"a point is lon,lat like 117.02,36.66, not {text!r}"
        raise ValueError(msg) from None
    return {"lon": lon, "lat": lat, "datum": "wgs84"}
