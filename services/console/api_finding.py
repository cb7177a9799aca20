"""What codes are called, and what somebody means who types a few letters: no persons, so for everybody signed in."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Final

from fastapi import FastAPI, Query, Response
from pydantic import StringConstraints

from kit.auth import PEOPLE, Principal, allow
from kit.http import reply
from services.console.api_views import Sight
from services.console.directory import Directory
from services.console.finding.index import Index

EVERYBODY: Final = tuple(sorted(PEOPLE))
CODES_MOST: Final = 100
Some = Annotated[
    list[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,32}$")]],
    Query(max_length=CODES_MOST),
]
Words = Annotated[str, Query(max_length=40)]
Under = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9-]{1,32}$")]


class Part(StrEnum):
    """What is looked for."""

    UNITS = "units"
    AREAS = "areas"
    CATEGORIES = "categories"


def add_finding(app: FastAPI, sight: Sight) -> None:
    """Add both routes."""

    @app.get("/api/v1/names", tags=["directory"])
    async def names(
        unit: Some = [],  # noqa: B006 - the framework makes a list of its own for each request
        area: Some = [],  # noqa: B006
        category: Some = [],  # noqa: B006
        _who: Principal = allow(*EVERYBODY),
    ) -> Response:
        """What some codes are called now; codes nobody knows are left out. An area is told with its community."""
        directory = sight.holder.directory
        return reply(
            {
                "version": directory.version,
                "unit": _named(directory.units, unit),
                "area": {
                    code: _place(directory, code) for code in area if directory.areas.name(code)
                },
                "category": _named(directory.categories, category),
            }
        )

    @app.get("/api/v1/find/{what}", tags=["directory"])
    async def find(
        what: Part,
        q: Words = "",
        under: Under = None,
        _who: Principal = allow(*EVERYBODY),
    ) -> Response:
        """What `q` may mean: a code, a name, an alias or initials of its pinyin; the best first."""
        index = _index(sight.holder.directory, what)
        return reply(
            {
                "items": [
                    {
                        "code": each.code,
                        "name": each.name,
                        "path": index.path(each.code),
                        "kind": each.kind,
                        "leaf": each.leaf,
                    }
                    for each in index.find(q, under)
                ],
                "next": None,
            }
        )


def _index(directory: Directory, what: Part) -> Index:
    indexes = {
        Part.UNITS: directory.units,
        Part.AREAS: directory.areas,
        Part.CATEGORIES: directory.categories,
    }
    return indexes[what]


def _named(index: Index, codes: Sequence[str]) -> dict[str, str]:
    return {code: name for code in codes if (name := index.name(code)) is not None}


def _place(directory: Directory, code: str) -> str:
    """A grid with the community it lies in; anything larger by itself."""
    entry = directory.areas.entries[code]
    above = directory.areas.name(entry.parent or "")
    if entry.kind in {"district", "subdistrict", "community"} or above is None:
        return entry.name
    return entry.name if entry.name.startswith(above) else f"{above} {entry.name}"
