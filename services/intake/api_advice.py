"""HTTP of the route preview: who would get it, before it is filed."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI, Request, Response
from pydantic import ValidationError

from kit.auth import allow
from kit.http import language, read_body, reply
from kit.openapi import LON_LAT, Page, in_address, takes
from kit.validation import invalid
from services.intake.advising import Adviser, Preview
from services.intake.answers import Routing
from services.intake.complaint import check_point
from services.intake.directory import Holder

PATH: Final = "/v1/suggest"


def add_advice(app: FastAPI, adviser: Adviser, holder: Holder, filers: tuple[str, ...]) -> None:
    """Add the two routes, for who may file."""

    async def answer(preview: Preview, request: Request) -> Response:
        codes = holder.codes
        codes.check(preview.grid_code, preview.category)
        check_point(preview.point, codes.box)
        found = await adviser.ask(preview, codes, language(request))
        return reply(found, headers={"Cache-Control": "no-store"})

    @app.post(
        PATH,
        tags=["complaints"],
        dependencies=[allow(*filers)],
        openapi_extra=takes(Preview),
        responses={200: {"model": Page[Routing]}},
    )
    async def advise(request: Request) -> Response:
        """The three best routings of what is about to be filed, with reasons; nothing is stored.

        While the router is away `items` is empty and `reason` says so: file as usual. Use this, not GET,
        where the resident's words are known: addresses are kept by browsers and proxies, bodies are not.
        """
        return await answer(await read_body(request, Preview), request)

    @app.get(
        PATH,
        tags=["complaints"],
        dependencies=[allow(*filers)],
        openapi_extra=in_address(Preview, point=LON_LAT),
        responses={200: {"model": Page[Routing]}},
    )
    async def suggest(request: Request) -> Response:
        """The same with the fields in the address; `point` is `lon,lat`."""
        try:
            given = {name: value for name, value in request.query_params.items() if value}
            preview = Preview.model_validate(given)
        except ValidationError as error:
            raise invalid(error) from None
        return await answer(preview, request)
