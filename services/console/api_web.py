"""The front end's files, and its page for every address that is nothing else; declared last of all."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI, Request, Response

from kit.errors import not_found
from services.console.web import Front

PATHS: Final = frozenset({"/{path:path}"})
_PROGRAMS: Final = ("api/", "v1/", "t/")
"""Addresses that are never a page."""


def add_web(app: FastAPI, front: Front) -> None:
    """Declare everything that is no address of a program."""

    @app.get("/{path:path}", include_in_schema=False)
    async def page(path: str, request: Request) -> Response:
        if path.startswith(_PROGRAMS):
            raise not_found("地址", "address")
        return await front.answer(path, request)
