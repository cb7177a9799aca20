"""HTTP of figures as files: the notifier counts for whoever asks, the console writes the sheet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote

import httpx
import orjson
from fastapi import FastAPI, Query, Request, Response

from kit.auth import Principal, allow
from kit.http import language
from kit.openapi import gives, refuses
from services.console.api_views import Sight
from services.console.directory import Directory
from services.console.figures import sheets, table
from services.console.figures.table import Language
from services.console.forwarding import Forwarder, away
from services.console.prefixes import NOTIFIER

READERS: Final = (
    "admin", "auditor", "dispatcher", "dashboard", "operator", "ruling", "secretary", "unit",
)  # fmt: skip
"""As of `GET /v1/rates`, which judges who sees which groups."""
By = Literal["unit", "grid", "community", "subdistrict", "category", "day", "week", "month"]
Code = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9-]{1,32}$")]
Moment = Annotated[str | None, Query(max_length=40)]


def add_stats(app: FastAPI, forwarder: Forwarder, sight: Sight) -> None:
    """The one route."""

    @app.get(
        "/api/v1/stats/export",
        tags=["stats"],
        responses=refuses(404) | gives(sheets.XLSX, "text/csv"),
    )
    async def export(  # noqa: PLR0913, PLR0917 - one parameter per filter
        request: Request,
        form: Annotated[Literal["csv", "xlsx"], Query(alias="format")] = "csv",
        by: By = "unit",
        start: Annotated[str | None, Query(alias="from", max_length=40)] = None,
        to: Moment = None,
        area: Code = None,
        unit: Code = None,
        lang: Language | None = None,
        _who: Principal = allow(*READERS),
    ) -> Response:
        """The rates of a period as a file for spreadsheets: CSV, or XLSX with a sheet of what each rate means."""
        asked = {"by": by, "from": start, "to": to, "area": area, "unit": unit}
        answer = await _ask(forwarder, request, {k: v for k, v in asked.items() if v})
        if answer.status_code != httpx.codes.OK:
            kind = answer.headers.get("content-type")
            return Response(answer.content, answer.status_code, media_type=kind)
        rates = orjson.loads(answer.content)
        tongue = lang or ("en" if language(request) == "en" else "zh-CN")
        name = namer(sight.holder.directory, by)
        body = await asyncio.to_thread(_file, rates, name, tongue, form)
        called = f"chuishao-{by}-{rates['from'][:10]}-{rates['to'][:10]}.{form}"
        return Response(
            body,
            media_type=sheets.CSV if form == "csv" else sheets.XLSX,
            headers={
                "Content-Disposition": f"attachment; filename*=UTF-8''{quote(called)}",
                "Cache-Control": "no-store",
            },
        )


async def _ask(forwarder: Forwarder, request: Request, asked: dict[str, str]) -> httpx.Response:
    kept = {
        name: request.headers[name]
        for name in ("authorization", "accept-language")
        if name in request.headers
    }
    try:
        return await forwarder.services[NOTIFIER].get("/v1/rates", params=asked, headers=kept)
    except httpx.TransportError:
        raise away() from None


def _file(rates: dict[str, Any], name: Callable[[str], str], tongue: Language, form: str) -> bytes:
    rows = table.table(rates, name, tongue)
    if form == "csv":
        return sheets.as_csv(rows)
    words = table.definitions(rates, tongue)
    return sheets.as_xlsx({"chuishao": rows, table.title(tongue): words})


def namer(directory: Directory, by: str) -> Callable[[str], str]:
    """What groups of this kind are called; a day is called as it is written."""
    index = {
        "unit": directory.units,
        "category": directory.categories,
        **dict.fromkeys(("grid", "community", "subdistrict"), directory.areas),
    }.get(by)
    return (lambda key: index.name(key) or key) if index else (lambda key: key)
